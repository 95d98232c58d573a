import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { memo } from 'react';
import { formatHistogramTime, formatShare } from '../../i18n/format.ts';
import { type Translate, useText } from '../../i18n/text.ts';
import { outcomeText, worstOutcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { changeColour, changeWords, shortChangeWords } from './change-words.ts';
import type { EdgeData } from './flow-parts.ts';
import { percentile } from './map-model.ts';
import { perMinute } from './rates.ts';

/** A line as wide as its calls are many. What fails or changed is written on it always, its numbers when selected. */
export const EdgeLine = memo(function EdgeLine(props: EdgeProps<Edge<EdgeData>>) {
  const t = useText();
  const [path, x, y] = getBezierPath(props);
  if (!props.data) return null;
  const { edge, compared } = props.data;
  const worst = worstOutcome(edge.shares);
  // A single failure among hundreds is written on the line, but does not colour it.
  const alarming = worst !== undefined && edge.shares[worst] >= edge.shares.total / 100;
  const width = props.selected ? props.data.width + 1.5 : props.data.width;
  const change = compared?.change;
  const paint = change ? changeColour[change] : worst && alarming ? colour[worst] : undefined;
  const words = wordsOf(t, props.data, props.selected === true);
  const dashes = change === 'lost' ? '2 5' : edge.linked ? '6 4' : undefined;
  return (
    <>
      <BaseEdge
        path={path}
        className={paint || props.selected ? 'hatoba-edge' : 'hatoba-edge hatoba-edge-quiet'}
        interactionWidth={24}
        style={{
          stroke: paint ?? (props.selected ? colour.accent : colour.idle),
          ['--edge-width' as string]: width,
          ...(dashes ? { strokeDasharray: dashes } : {}),
        }}
      />
      {words.length > 0 && (
        <EdgeLabelRenderer>
          <div
            className="hatoba-edge-label"
            style={{
              transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`,
              color: change ? changeColour[change] : worst ? colour[worst] : colour.text,
            }}
          >
            {words.join('\n')}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

function wordsOf(t: Translate, { edge, minutes, compared }: EdgeData, selected: boolean): string[] {
  const worst = worstOutcome(edge.shares);
  const change = selected ? changeWords(t, compared) : shortChangeWords(t, compared);
  return [
    change || (worst ? `${formatShare(edge.shares[worst], edge.shares.total)} ${t(outcomeText[worst])}` : ''),
    selected ? formatHistogramTime(percentile(edge.histogram, 0.5)) : '',
    selected ? t('map.per-minute', { count: perMinute(edge.shares.total, minutes) }) : '',
  ].filter(Boolean);
}
