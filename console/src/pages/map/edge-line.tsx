import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { formatDuration, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { outcomeText, worstOutcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { percentile } from './map-model.ts';
import { perMinute } from './rates.ts';
import type { EdgeData } from './trace-map.tsx';

/** A line as wide as its calls are many. What fails is written on it always, its numbers when it is selected. */
export function EdgeLine(props: EdgeProps<Edge<EdgeData>>) {
  const t = useText();
  const [path, x, y] = getBezierPath(props);
  if (!props.data) return null;
  const { edge, most, minutes } = props.data;
  const worst = worstOutcome(edge.shares);
  // A single failure among hundreds is written on the line, but does not colour it.
  const alarming = worst !== undefined && edge.shares[worst] >= edge.shares.total / 100;
  const width = 1.5 + 5 * Math.sqrt(edge.shares.total / most);
  const words = [
    worst ? `${formatShare(edge.shares[worst], edge.shares.total)} ${t(outcomeText[worst])}` : '',
    props.selected ? formatDuration(percentile(edge.histogram, 0.5)) : '',
    props.selected ? t('map.per-minute', { count: perMinute(edge.shares.total, minutes) }) : '',
  ].filter(Boolean);
  return (
    <>
      <BaseEdge
        path={path}
        interactionWidth={24}
        style={{
          stroke: worst && alarming ? colour[worst] : props.selected ? colour.accent : colour.idle,
          strokeWidth: props.selected ? width + 1.5 : width,
          ...(edge.linked ? { strokeDasharray: '6 4' } : {}),
        }}
      />
      {words.length > 0 && (
        <EdgeLabelRenderer>
          <div
            className="hatoba-edge-label"
            style={{
              transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`,
              color: worst ? colour[worst] : colour.text,
            }}
          >
            {words.join(' · ')}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
