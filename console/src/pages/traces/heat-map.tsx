import type { TraceSummary } from '../../api/xray.ts';
import { useText } from '../../i18n/text.ts';
import { colour } from '../../theme.ts';
import { heatCells, heatOf } from './heat-cells.ts';

const columns = 72;
const rows = 14;

interface HeatMapProps {
  traces: readonly TraceSummary[];
  frame: { left: number; width: number; height: number };
  placeOf: (trace: TraceSummary) => { x: number; y: number };
  /** The response times between two heights of the drawing, in words. */
  boundsOf: (top: number, bottom: number) => string;
}

/** Cells instead of points: the darker, the more traces; the red foot of a cell is the share that failed. */
export function HeatMap({ traces, frame, placeOf, boundsOf }: HeatMapProps) {
  const t = useText();
  const cells = heatCells(traces, placeOf, columns, rows);
  const most = Math.max(1, ...cells.map((cell) => cell.count));
  const [cellWidth, cellHeight] = [frame.width / columns, frame.height / rows];
  return (
    <>
      {cells.map(({ column, row, count, failed }) => {
        const x = frame.left + column * cellWidth;
        const y = row * cellHeight;
        const red = failed === 0 ? 0 : Math.max(2, (failed / count) * (cellHeight - 1));
        return (
          <g key={`${column} ${row}`}>
            <title>{t('traces.heat-cell', { times: boundsOf(y, y + cellHeight), count, failed })}</title>
            <rect
              x={x + 0.5}
              y={y + 0.5}
              width={cellWidth - 1}
              height={cellHeight - 1}
              fill={colour.accent}
              fillOpacity={heatOf(count, most)}
            />
            {red > 0 && (
              <rect x={x + 0.5} y={y + cellHeight - 0.5 - red} width={cellWidth - 1} height={red} fill={colour.fault} />
            )}
          </g>
        );
      })}
    </>
  );
}
