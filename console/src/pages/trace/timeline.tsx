import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import type { BuiltTrace } from './build-trace.ts';
import { criticalPath, type Stretch } from './critical-path.ts';
import { TimelineRow } from './timeline-row.tsx';
import { visibleRows } from './visible-rows.ts';

const rowHeight = 28;

interface TimelineProps {
  built: BuiltTrace;
  selectedId: string | undefined;
  onSelect: (segment: string) => void;
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** All parts of the trace over time. Only what is on screen is drawn, so a hundred thousand rows scroll. */
export function Timeline({ built, selectedId, onSelect }: TimelineProps) {
  const t = useText();
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const whole = useMemo(() => ({ from: built.start, to: Math.max(built.end, built.start + 1e-6) }), [built]);
  const [zoom, setZoom] = useState<Stretch | null>(null);
  const window = zoom ?? whole;
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => visibleRows(built.roots, { collapsed, unfolded }), [built, collapsed, unfolded]);
  const critical = useMemo(() => {
    const root = built.roots[0];
    return root ? criticalPath(root) : new Map<string, Stretch[]>();
  }, [built]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  const onKey = (event: KeyboardEvent) => {
    const span = window.to - window.from;
    const middle = (window.from + window.to) / 2;
    const moves: Record<string, Stretch> = {
      w: { from: middle - span / 4, to: middle + span / 4 },
      s: { from: window.from - span / 2, to: window.to + span / 2 },
      a: { from: window.from - span / 4, to: window.to - span / 4 },
      d: { from: window.from + span / 4, to: window.to + span / 4 },
    };
    const next = moves[event.key];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const kept = { from: Math.max(whole.from, next.from), to: Math.min(whole.to, next.to) };
    setZoom(kept.to - kept.from >= whole.to - whole.from - 1e-9 ? null : kept);
  };

  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => window.from + share * (window.to - window.from) - whole.from);
  return (
    <section className="hatoba-box hatoba-timeline" aria-label={t('trace.timeline')}>
      <div className="hatoba-timeline-head">
        <span className="hatoba-label">
          {t('trace.timeline')} <span className="hatoba-soft">{t('trace.rows', { count: built.rows.size })}</span>
        </span>
        <span className="hatoba-soft hatoba-timeline-legend">
          <span className="hatoba-critical-sample" /> {t('trace.critical-path')}
          {zoom && (
            <button type="button" className="hatoba-plain-button" onClick={() => setZoom(null)}>
              {t('trace.whole')}
            </button>
          )}
        </span>
        <span className="hatoba-ticks">
          {ticks.map((tick) => (
            <span key={tick}>{formatDuration(tick)}</span>
          ))}
        </span>
      </div>
      <div
        ref={scroller}
        className="hatoba-timeline-rows"
        role="tree"
        onKeyDown={onKey}
        aria-label={t('trace.timeline')}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (!line) return null;
            return (
              <TimelineRow
                key={line.key}
                line={line}
                top={item.start}
                height={rowHeight}
                window={window}
                critical={critical.get(line.row.id) ?? []}
                selected={line.row.id === selectedId}
                onSelect={() => onSelect(line.row.id)}
                onToggle={() => setCollapsed((before) => toggled(before, line.row.id))}
                onUnfold={() => setUnfolded((before) => toggled(before, line.row.id))}
              />
            );
          })}
        </div>
      </div>
    </section>
  );
}
