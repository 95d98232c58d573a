import type { TraceSummary } from '../../api/xray.ts';
import { absoluteRange, type TimeRange } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import type { Outcome } from '../../parts/health.tsx';
import { noOutcomes, OutcomeBars } from '../../parts/outcome-bars.tsx';

const slots = 48;

export function outcomeOf(trace: TraceSummary): Outcome {
  if (trace.HasFault) return 'fault';
  if (trace.HasThrottle) return 'throttle';
  return trace.HasError ? 'error' : 'ok';
}

interface OverTimeProps {
  traces: readonly TraceSummary[];
  range: TimeRange;
  onRange: (range: string) => void;
}

/** Traces over the range, stacked by outcome. Drag to look at a part of it. */
export function OverTime({ traces, range, onRange }: OverTimeProps) {
  const t = useText();
  const columns = Array.from({ length: slots }, noOutcomes);
  for (const trace of traces) {
    const at = ((trace.StartTime ?? 0) * 1000 - range.start) / (range.end - range.start);
    const column = columns[Math.floor(at * slots)];
    if (column) column[outcomeOf(trace)] += 1;
  }
  return (
    <div>
      <div className="hatoba-label">{t('traces.over-time')}</div>
      <OutcomeBars
        columns={columns}
        range={range}
        label={t('traces.over-time')}
        onRange={(part) => onRange(absoluteRange(part))}
      />
    </div>
  );
}
