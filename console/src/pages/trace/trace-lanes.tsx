import { memo, useMemo } from 'react';
import type { StopOfTrace, UsageOfTrace } from '../../api/trace-context.ts';
import { formatCount, formatDuration, formatPercent, toMs } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import type { BuiltTrace, TraceRow } from './build-trace.ts';
import type { Stretch } from './critical-path.ts';
import { DeploymentLanes } from './deployment-lanes.tsx';
import { Lane, LaneMarks } from './lane-marks.tsx';
import { placeMarks } from './place-marks.ts';
import { useLogLines, useTraceContext } from './use-trace.ts';

interface TraceLanesProps {
  built: BuiltTrace;
  window: Stretch;
  onSelect: (segment: string) => void;
}

/** What happened beside the segments, on their axis: deployments, load, ends of tasks, throttles, log lines. */
export const TraceLanes = memo(function TraceLanes({ built, window, onSelect }: TraceLanesProps) {
  const context = useTraceContext(built).data;
  return (
    <>
      {context && (
        <>
          <DeploymentLanes deployments={context.deployments} window={window} />
          <UsageLanes usage={context.usage} />
          <StopLanes stops={context.stops} window={window} />
        </>
      )}
      <ThrottleLane built={built} window={window} onSelect={onSelect} />
      <LogLane built={built} window={window} />
    </>
  );
});

/** From here on a task is near what it may use; beyond the whole of it CPU is held back, and memory ends the task. */
const nearPercent = 90;
const lanesMax = 3;

function UsageLanes({ usage }: { usage: readonly UsageOfTrace[] }) {
  const t = useText();
  const most = ({ cpuPercent = 0, memoryPercent = 0 }: UsageOfTrace) => Math.max(cpuPercent, memoryPercent);
  const near = usage.filter((one) => most(one) >= nearPercent).sort((a, b) => most(b) - most(a));
  return near.slice(0, lanesMax).map((one) => (
    <Lane
      key={`${one.cluster}/${one.service}/${one.task ?? ''}`}
      name={
        <>
          <span className="hatoba-label">{t('lane.near-limit')}</span>{' '}
          {one.task ? (
            <Go to="/tasks/$cluster/$task" params={{ cluster: one.cluster, task: one.task }}>
              {`${one.service} ${one.task.slice(0, 8)}`}
            </Go>
          ) : (
            <Go
              to="/services/$cluster/$service"
              params={{ cluster: one.cluster, service: one.service }}
              search={{ tab: 'metrics' } as never}
            >
              {one.service}
            </Go>
          )}
        </>
      }
      words={usageWords(t, one)}
      title={t('lane.usage-hint')}
    >
      <span className="hatoba-row-bars">
        <span className="hatoba-lane-while hatoba-lane-near" style={{ left: 0, width: '100%' }} />
      </span>
    </Lane>
  ));
}

/** `CPU 98 %, memory 40 %`, as far as they were measured. */
export function usageWords(
  t: ReturnType<typeof useText>,
  { cpuPercent, memoryPercent }: Partial<UsageOfTrace>,
): string {
  return [
    ...(cpuPercent === undefined ? [] : [t('lane.cpu', { share: formatPercent(cpuPercent) })]),
    ...(memoryPercent === undefined ? [] : [t('lane.memory', { share: formatPercent(memoryPercent) })]),
  ].join(' · ');
}

function StopLanes({ stops, window }: { stops: readonly StopOfTrace[]; window: Stretch }) {
  const t = useText();
  return stops.slice(0, lanesMax).map((stop) => {
    const at = (toMs(stop.at) ?? 0) / 1000;
    const share = (at - window.from) / (window.to - window.from);
    return (
      <Lane
        key={stop.task}
        name={
          <>
            <span className="hatoba-label">{stop.outOfMemory ? t('lane.out-of-memory') : t('lane.stopped')}</span>{' '}
            <Go to="/tasks/$cluster/$task" params={{ cluster: stop.cluster, task: stop.task }}>
              {`${stop.service} ${stop.task.slice(0, 8)}`}
            </Go>
          </>
        }
        words={stop.reason}
        title={stop.reason}
      >
        <span className="hatoba-row-bars">
          {share > 1 ? (
            <span className="hatoba-lane-after">{t('lane.later', { time: formatDuration(at - window.to) })} ▸</span>
          ) : (
            share >= 0 && <span className="hatoba-lane-stop" style={{ left: `${share * 100}%` }} />
          )}
        </span>
      </Lane>
    );
  });
}

/** Segments and calls that were throttled, where it happened; a mark selects the first of its rows. */
function ThrottleLane({ built, window, onSelect }: TraceLanesProps) {
  const t = useText();
  const { throttled } = built;
  const marks = useMemo(() => placeMarks(throttled, timesOf, window), [throttled, window]);
  if (throttled.length === 0) return null;
  return (
    <Lane
      name={<span className="hatoba-label hatoba-lane-throttled">{t('outcome.throttle')}</span>}
      words={t('lane.throttled', { count: formatCount(throttled.length) })}
    >
      <LaneMarks
        label={t('outcome.throttle')}
        className="hatoba-throttle-mark"
        marks={marks.map(({ share, width, items }) => ({
          key: items[0]?.id ?? '',
          share,
          width,
          label: throttleLabel(t, items, built.start),
          onOpen: () => items[0] && onSelect(items[0].id),
        }))}
      />
    </Lane>
  );
}

const timesOf = (row: TraceRow): Stretch => ({ from: row.start, to: row.end });

function throttleLabel(t: ReturnType<typeof useText>, rows: readonly TraceRow[], start: number): string {
  const [first] = rows;
  if (!first) return '';
  const name = first.callee && first.callee.name !== first.name ? `${first.name} → ${first.callee.name}` : first.name;
  const where = `${first.kind === 'segment' ? '' : `${first.service} → `}${name}`;
  const when = `+${formatDuration(first.start - start)}`;
  return rows.length > 1
    ? t('lane.throttled-here-many', { name: where, when, count: rows.length })
    : t('lane.throttled-here', { name: where, when, time: formatDuration(first.end - first.start) });
}

/** The request's log lines; a mark leads to its lines below. */
function LogLane({ built, window }: { built: BuiltTrace; window: Stretch }) {
  const t = useText();
  const lines = useLogLines(built).data ?? [];
  const marks = useMemo(
    () => placeMarks(lines, ({ timestampMs }) => ({ from: timestampMs / 1000, to: timestampMs / 1000 }), window),
    [lines, window],
  );
  if (marks.length === 0) return null;
  return (
    <Lane
      name={<span className="hatoba-label">{t('trace.logs')}</span>}
      words={t('trace.lines-here', { count: lines.length })}
    >
      <LaneMarks
        label={t('trace.logs')}
        className="hatoba-log-mark"
        marks={marks.map(({ share, items }) => ({
          key: items[0]?.eventId ?? '',
          share,
          label: items.length > 1 ? t('trace.lines-here', { count: items.length }) : (items[0]?.message ?? ''),
          onOpen: () => {
            const line = document.getElementById(`line-${items[0]?.eventId}`);
            line?.scrollIntoView({ block: 'center' });
            line?.querySelector<HTMLElement>('a[href]')?.focus();
          },
        }))}
      />
    </Lane>
  );
}
