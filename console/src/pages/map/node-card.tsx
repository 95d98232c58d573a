import type { Node, NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { formatDuration, formatHistogramTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Ring, TroubleWords, worstOutcome } from '../../parts/health.tsx';
import { shorten } from '../../parts/shorten.ts';
import { colour } from '../../theme.ts';
import { changeColour, changeWords } from './change-words.ts';
import { edgeInset, type NodeData, ringWidth } from './flow-parts.ts';
import { useFarFontSize, useReadable } from './map-frame.tsx';
import { percentile } from './map-model.ts';
import { typeLabel } from './node-type.ts';
import { perMinute } from './rates.ts';

/** A node: the ring of its outcomes, as large as its traffic; response time, calls, name, and what is wrong in words. */
export const NodeCard = memo(function NodeCard(props: NodeProps<Node<NodeData>>) {
  const { data, selected } = props;
  const far = !useReadable(props.positionAbsoluteX, props.positionAbsoluteY);
  const edgeAt = edgeInset(data.radius);
  const classes = ['hatoba-node', selected ? 'hatoba-node-selected' : '', far ? 'hatoba-node-far' : ''];
  const gone = data.compared?.change === 'lost';
  return (
    <div className={classes.join(' ')} style={gone ? { opacity: 0.65 } : undefined}>
      <End type="target" side="left" at={edgeAt} />
      <NodeRing data={data} selected={selected} far={far} />
      {!far && <NodeWords data={data} />}
      {far && isTroubled(data) && <FarName data={data} />}
      <End type="source" side="right" at={edgeAt} />
    </div>
  );
});

interface EndProps {
  type: 'source' | 'target';
  side: 'left' | 'right';
  at: number;
}

/** Where lines end, as React Flow looks for it. Its own component also lets people draw lines, which costs with each of a motion's steps. */
function End({ type, side, at }: EndProps) {
  return (
    <div
      className={`react-flow__handle react-flow__handle-${side} ${type}`}
      data-handlepos={side}
      style={{ [side]: at }}
    />
  );
}

interface NodeRingProps {
  data: NodeData;
  selected: boolean;
  far: boolean;
}

function NodeRing({ data, selected, far }: NodeRingProps) {
  const t = useText();
  const { node, metric, minutes, radius, compared } = data;
  const time = percentile(node.histogram, metric === 'p95' ? 0.95 : 0.5);
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
                {time === undefined ? formatDuration(node.meanSeconds) : formatHistogramTime(time)}
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

function isAlarming({ node }: NodeData): boolean {
  const worst = worstOutcome(node.shares);
  return worst !== undefined && node.shares[worst] >= node.shares.total / 100;
}

const isTroubled = (data: NodeData): boolean => isAlarming(data) || data.slow || data.compared?.change !== undefined;

function FarName({ data }: { data: NodeData }) {
  const fontSize = useFarFontSize();
  const { node, compared } = data;
  const worst = isAlarming(data) ? worstOutcome(node.shares) : undefined;
  const paint = compared?.change ? changeColour[compared.change] : worst ? colour[worst] : colour.error;
  return (
    <div className="hatoba-node-far-name" style={{ color: paint, fontSize }}>
      {shorten(node.name, 40)}
    </div>
  );
}
