import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Ring, TroubleWords, worstOutcome } from '../../parts/health.tsx';
import { shorten } from '../../parts/shorten.ts';
import { colour } from '../../theme.ts';
import { changeColour, changeWords } from './change-words.ts';
import { useFar, useFarFontSize } from './far.tsx';
import { edgeInset, type NodeData, ringWidth } from './flow-parts.ts';
import { percentile } from './map-model.ts';
import { typeLabel } from './node-type.ts';
import { perMinute } from './rates.ts';

/** A node: the ring of its outcomes, as large as its traffic; response time, calls, name, and what is wrong in words. */
export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<Node<NodeData>>) {
  const far = useFar();
  const edgeAt = edgeInset(data.radius);
  const classes = ['hatoba-node', selected ? 'hatoba-node-selected' : '', far ? 'hatoba-node-far' : ''];
  const gone = data.compared?.change === 'lost';
  return (
    <div className={classes.join(' ')} style={gone ? { opacity: 0.65 } : undefined}>
      <Handle type="target" position={Position.Left} isConnectable={false} style={{ left: edgeAt }} />
      <NodeRing data={data} selected={selected} far={far} />
      {far ? <FarName data={data} /> : <NodeWords data={data} />}
      <Handle type="source" position={Position.Right} isConnectable={false} style={{ right: edgeAt }} />
    </div>
  );
});

interface NodeRingProps {
  data: NodeData;
  selected: boolean;
  far: boolean;
}

function NodeRing({ data, selected, far }: NodeRingProps) {
  const t = useText();
  const { node, metric, minutes, radius, compared } = data;
  const time = percentile(node.histogram, metric === 'p95' ? 0.95 : 0.5) ?? node.meanSeconds;
  const change = compared?.change;
  const halo = selected ? colour.accent : change && change !== 'lost' ? changeColour[change] : undefined;
  return (
    <svg width="96" height="88" viewBox="-48 -44 96 88" aria-hidden="true">
      <circle r={radius + 5} fill={colour.surface} />
      {halo && (
        <circle
          r={radius + 5}
          fill="none"
          stroke={halo}
          strokeWidth={selected ? 2 : 2.5}
          {...(change === 'new' && !selected ? { strokeDasharray: '3 3' } : {})}
        />
      )}
      {node.isClient ? (
        <g fill="none" stroke={colour.textSoft} strokeWidth="2.500">
          <circle r={radius} stroke={colour.idle} strokeWidth="3" />
          <circle cy="-7" r="7" />
          <path d="M-13 15a13 11 0 0 1 26 0" />
        </g>
      ) : (
        <>
          <Ring shares={node.shares} radius={radius} width={far ? 12 : ringWidth} />
          {!far && (
            <>
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
        </>
      )}
    </svg>
  );
}

function NodeWords({ data }: { data: NodeData }) {
  const t = useText();
  const { node, slow, cause, insight, compared } = data;
  const change = compared?.change;
  return (
    <>
      <div className="hatoba-node-name" title={node.name}>
        {node.isClient ? t('map.client') : node.name}
      </div>
      <div className="hatoba-node-type">{node.isClient ? ' ' : typeLabel(node.type)}</div>
      <div className="hatoba-node-words">
        {change ? (
          <strong style={{ color: changeColour[change] }}>{changeWords(t, compared)}</strong>
        ) : (
          <>
            {cause && <strong>{t('insights.root-cause')} </strong>}
            {insight && <strong style={{ color: colour.fault }}>{t('map.insight')} </strong>}
            <TroubleWords shares={node.shares} />
            {slow && (
              <span className="hatoba-slow" style={{ color: colour.error }}>
                {' '}
                {t('map.own-time', { time: formatDuration(node.ownSeconds) })}
              </span>
            )}
          </>
        )}
      </div>
    </>
  );
}

function FarName({ data }: { data: NodeData }) {
  const fontSize = useFarFontSize();
  const { node, slow, compared } = data;
  const worst = worstOutcome(node.shares);
  const alarming = worst !== undefined && node.shares[worst] >= node.shares.total / 100;
  if (!alarming && !slow && !compared?.change) return null;
  const paint = compared?.change ? changeColour[compared.change] : alarming ? colour[worst] : colour.error;
  return (
    <div className="hatoba-node-far-name" style={{ color: paint, fontSize }}>
      {shorten(node.name, 40)}
    </div>
  );
}
