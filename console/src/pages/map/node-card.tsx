import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Ring, TroubleWords } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { percentile } from './map-model.ts';
import { typeLabel } from './node-type.ts';
import { perMinute } from './rates.ts';
import type { NodeData } from './trace-map.tsx';

/** A node: the ring of its outcomes, its response time and calls per minute, its name, and what is wrong in words. */
export function NodeCard({ data, selected }: NodeProps<Node<NodeData>>) {
  const t = useText();
  const { node, metric, minutes, slow } = data;
  const time = percentile(node.histogram, metric === 'p95' ? 0.95 : 0.5) ?? node.meanSeconds;
  return (
    <div className={`hatoba-node${selected ? ' hatoba-node-selected' : ''}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <svg width="88" height="78" viewBox="-44 -39 88 78" aria-hidden="true">
        <circle r="36" fill={colour.surface} stroke={selected ? colour.accent : 'none'} strokeWidth="2" />
        {node.isClient ? (
          <g fill="none" stroke={colour.textSoft} strokeWidth="2.500">
            <circle r="32" stroke={colour.idle} strokeWidth="3" />
            <circle cy="-7" r="7" />
            <path d="M-13 15a13 11 0 0 1 26 0" />
          </g>
        ) : (
          <>
            <Ring shares={node.shares} radius={32} width={6} />
            <text className="hatoba-node-time" y={minutes > 0 ? -1 : 5}>
              {formatDuration(time)}
            </text>
            {minutes > 0 && (
              <text className="hatoba-node-rate" y="13">
                {t('map.per-minute', { count: perMinute(node.shares.total, minutes) })}
              </text>
            )}
          </>
        )}
      </svg>
      <div className="hatoba-node-name" title={node.name}>
        {node.isClient ? t('map.client') : node.name}
      </div>
      <div className="hatoba-node-type">{node.isClient ? ' ' : typeLabel(node.type)}</div>
      <div className="hatoba-node-words">
        <TroubleWords shares={node.shares} />
        {slow && (
          <span className="hatoba-slow" style={{ color: colour.error }}>
            {' '}
            {t('map.own-time', { time: formatDuration(node.ownSeconds) })}
          </span>
        )}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
