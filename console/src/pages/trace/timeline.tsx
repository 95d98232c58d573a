import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { formatDuration, formatWhole } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { FilterBar } from '../traces/filter-bar.tsx';
import type { BuiltTrace, TraceRow } from './build-trace.ts';
import { criticalPath, type Stretch } from './critical-path.ts';
import { useLinkedTraces } from './linked-traces.tsx';
import { type Move, moveOf, zoomOf } from './timeline-keys.ts';
import { TimelineRow } from './timeline-row.tsx';
import { TraceLanes } from './trace-lanes.tsx';
import { useMatches, useStandings } from './use-trace.ts';
import { type VisibleRow, visibleRows } from './visible-rows.ts';

const rowHeight = 28;
const noStretch: readonly Stretch[] = [];
const noFacets: readonly never[] = [];

interface TimelineProps {
  built: BuiltTrace;
  selectedId: string | undefined;
  onSelect: (segment: string) => void;
  /** A filter expression whose rows stand out. */
  filter: string;
  onFilter: (filter: string) => void;
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function without(set: ReadonlySet<string>, row: TraceRow): ReadonlySet<string> {
  const next = new Set(set);
  for (let at = row.parent; at; at = at.parent) next.delete(at.id);
  return next.size === set.size ? set : next;
}

/** All parts of the trace over time. Only what is on screen is drawn, so a hundred thousand rows scroll. */
export const Timeline = memo(function Timeline({ built, selectedId, onSelect, filter, onFilter }: TimelineProps) {
  const t = useText();
  const matches = useMatches(built, filter);
  const matching = filter.trim() === '' ? undefined : matches.data;
  const standings = useStandings(built);
  const links = useLinkedTraces(built);
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
  const [cursorKey, setCursorKey] = useState<string>();
  const cursor = useMemo(() => {
    const at = lines.findIndex((line) => line.key === (cursorKey ?? selectedId));
    return Math.max(at, 0);
  }, [lines, cursorKey, selectedId]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  // What is selected elsewhere (the map, a link) must be seen: unfolded, not collapsed, on screen.
  useEffect(() => {
    const row = selectedId === undefined ? undefined : built.rows.get(selectedId);
    if (!row) return;
    setCursorKey(row.id);
    setCollapsed((before) => without(before, row));
    const group = lines.find(({ folded }) => folded.length > 1 && folded.includes(row));
    if (group) setUnfolded((before) => new Set(before).add(group.key));
  }, [selectedId, built]);
  useEffect(() => virtual.scrollToIndex(cursor), [cursor, lines]);

  const goTo = (index: number) => {
    const line = lines[Math.max(0, Math.min(index, lines.length - 1))];
    if (!line) return;
    setCursorKey(line.key);
  };
  const open = (index: number) => {
    const line = lines[index];
    if (!line) return;
    setCursorKey(line.key);
    if (line.folded.length > 1) setUnfolded((before) => toggled(before, line.row.id));
    else onSelect(line.row.id);
  };
  const toggle = (id: string) => setCollapsed((before) => toggled(before, id));
  const run: Record<Move, () => void> = {
    up: () => goTo(cursor - 1),
    down: () => goTo(cursor + 1),
    'page-up': () => goTo(cursor - pageRows(scroller.current)),
    'page-down': () => goTo(cursor + pageRows(scroller.current)),
    first: () => goTo(0),
    last: () => goTo(lines.length - 1),
    open: () => open(cursor),
    close: () => {
      const line = lines[cursor];
      if (line?.hasChildren && line.open) return toggle(line.row.id);
      const parent = line?.row.parent;
      if (parent) goTo(lines.findIndex(({ row }) => row === parent));
    },
    enter: () => {
      const line = lines[cursor];
      if (line && line.folded.length > 1) return open(cursor);
      if (line?.hasChildren && !line.open) toggle(line.row.id);
      else if (line?.hasChildren) goTo(cursor + 1);
    },
  };
  const onKey = (event: KeyboardEvent) => {
    const move = moveOf(event.nativeEvent);
    if (!move) return;
    // The page's own keys for rows would move on to the next table.
    event.preventDefault();
    event.stopPropagation();
    run[move]();
  };
  const goToMatch = (step: 1 | -1) => {
    if (!matching) return;
    const isMatch = ({ folded }: VisibleRow) => folded.some(({ id }) => matching.has(id));
    for (let index = cursor + step; index >= 0 && index < lines.length; index += step) {
      const line = lines[index];
      if (line && isMatch(line)) return goTo(index);
    }
  };
  usePageKeys((key) => {
    if (key === 'n') return goToMatch(1);
    if (key === 'p') return goToMatch(-1);
    const next = zoomOf(key, window, whole);
    if (next) setZoom(next === whole ? null : next);
  });

  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => window.from + share * (window.to - window.from) - whole.from);
  return (
    <section className="hatoba-box hatoba-timeline" aria-label={t('trace.timeline')}>
      <div className="hatoba-timeline-filter">
        <FilterBar
          filter={filter}
          facets={noFacets}
          onRun={onFilter}
          error={matches.error}
          placeholder={t('trace.highlight')}
        />
        {matching && (
          <span className="hatoba-soft" role="status">
            {t('trace.matches', { count: formatWhole(matching.size), all: formatWhole(built.rows.size) })}{' '}
            <button type="button" className="hatoba-plain-button" onClick={() => goToMatch(-1)}>
              {t('trace.previous-match')}
            </button>{' '}
            <button type="button" className="hatoba-plain-button" onClick={() => goToMatch(1)}>
              {t('trace.next-match')}
            </button>
          </span>
        )}
      </div>
      <div className="hatoba-timeline-head">
        <span className="hatoba-label">
          {t('trace.timeline')}{' '}
          <span className="hatoba-soft">{t('trace.rows', { count: formatWhole(built.rows.size) })}</span>
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
      <TraceLanes built={built} window={window} onSelect={onSelect} />
      <div
        ref={scroller}
        className="hatoba-timeline-rows"
        role="tree"
        tabIndex={0}
        data-row
        onKeyDown={onKey}
        aria-label={t('trace.timeline')}
        aria-activedescendant={lines[cursor] ? lineId(lines[cursor].key) : undefined}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (!line) return null;
            return (
              <TimelineRow
                key={line.key}
                domId={lineId(line.key)}
                line={line}
                top={item.start}
                height={rowHeight}
                window={window}
                critical={critical.get(line.row.id) ?? noStretch}
                selected={line.row.id === selectedId}
                match={matching && line.folded.some(({ id }) => matching.has(id))}
                percent={line.folded.length > 1 ? undefined : standings(line.row)?.percent}
                linked={linkWords(links, line)}
                atCursor={item.index === cursor}
                onOpen={() => open(item.index)}
                onToggle={() => toggle(line.row.id)}
              />
            );
          })}
        </div>
      </div>
    </section>
  );
});

/** `⇠ web` before what was taken from there, `⇢ worker` where somebody else goes on. */
function linkWords(links: ReturnType<typeof useLinkedTraces>, { folded }: VisibleRow): string | undefined {
  if (links.length === 0) return undefined;
  const ids = new Set(folded.map(({ id }) => id));
  const words = links
    .filter(({ ownId }) => ids.has(ownId))
    .map(({ side, name, traceId }) => `${side === 'before' ? '⇠' : '⇢'} ${name || traceId.slice(-8)}`);
  return words.length > 0 ? [...new Set(words)].slice(0, 2).join(' ') : undefined;
}

const lineId = (key: string): string => `row-${key}`;
const pageRows = (scroller: HTMLElement | null): number =>
  Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / rowHeight) - 1);

/** Zooming, moving and the next match work wherever on the page the focus is, unless somebody types. */
function usePageKeys(run: (key: string) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const target = event.target;
      const typing =
        target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      latest.current(event.key);
    };
    globalThis.addEventListener('keydown', onKey);
    return () => globalThis.removeEventListener('keydown', onKey);
  }, []);
}
