import { formatDuration, formatPercent } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { outcomeText } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import type { Stretch } from './critical-path.ts';
import type { VisibleRow } from './visible-rows.ts';

interface TimelineRowProps {
  domId: string;
  line: VisibleRow;
  top: number;
  height: number;
  window: Stretch;
  critical: readonly Stretch[];
  selected: boolean;
  /** Undefined while nothing is highlighted. */
  match: boolean | undefined;
  /** Percent of the last 24 hours that took less. */
  percent: number | undefined;
  /** Traces that this row continues or that continue it. */
  linked: string | undefined;
  atCursor: boolean;
  onOpen: () => void;
  onToggle: () => void;
}

/** A part of the timeline as percentages of the window on screen; undefined when it lies outside. */
function place(from: number, to: number, window: Stretch): { left: string; width: string } | undefined {
  const span = window.to - window.from;
  const left = Math.max(0, (from - window.from) / span);
  const right = Math.min(1, (to - window.from) / span);
  return right < left ? undefined : { left: `${left * 100}%`, width: `max(2px, ${(right - left) * 100}%)` };
}

/** What took longer than so many percent of its like is marked. */
const slowPercent = 95;

export function TimelineRow({
  domId,
  line,
  top,
  height,
  window,
  critical,
  selected,
  match,
  percent,
  linked,
  atCursor,
  onOpen,
  onToggle,
}: TimelineRowProps) {
  const t = useText();
  const { row, depth, folded } = line;
  const many = folded.length > 1;
  const end = many ? folded.reduce((latest, one) => Math.max(latest, one.end), row.end) : row.end;
  const bar = place(row.start, end, window);
  const duration = row.end - row.start;
  const words = many
    ? t('trace.folded', {
        count: folded.length,
        time: formatDuration(folded.reduce((sum, one) => sum + one.end - one.start, 0)),
      })
    : row.children.length > 0
      ? `${formatDuration(duration)} · ${t('trace.own-time', { time: formatDuration(row.ownSeconds) })}`
      : row.kind === 'segment'
        ? t('trace.own-time', { time: formatDuration(row.ownSeconds) })
        : formatDuration(duration);
  const failed = row.outcome !== 'ok';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the tree's, which has the focus
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names this row as its active one
    <div
      id={domId}
      className={`hatoba-row hatoba-row-${row.kind}${selected ? ' hatoba-row-selected' : ''}${atCursor ? ' hatoba-row-cursor' : ''}${match === undefined ? '' : match ? ' hatoba-row-match' : ' hatoba-row-other'}`}
      style={{ top, height }}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={selected}
      {...(line.hasChildren && !many ? { 'aria-expanded': line.open } : {})}
      onClick={onOpen}
    >
      <span className="hatoba-row-name" style={{ paddingLeft: 6 + Math.min(depth, 12) * 12 }}>
        {line.hasChildren && !many ? (
          <button
            type="button"
            tabIndex={-1}
            className="hatoba-row-toggle"
            aria-label={line.open ? t('trace.collapse') : t('trace.expand')}
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          >
            {line.open ? '▾' : '▸'}
          </button>
        ) : (
          <span className="hatoba-row-toggle" />
        )}
        <span className="hatoba-row-text" title={row.name}>
          {row.name}
          {row.callee && row.callee.name !== row.name ? ` → ${row.callee.name}` : ''}
        </span>
        {many && <span className="hatoba-badge">{t('trace.similar', { count: folded.length })}</span>}
        {failed && (
          <span className="hatoba-badge" style={{ color: colour[row.outcome], borderColor: colour[row.outcome] }}>
            {t(outcomeText[row.outcome])}
          </span>
        )}
        {linked && (
          <span className="hatoba-badge" title={t('trace.linked')}>
            {linked}
          </span>
        )}
        {row.inProgress && <span className="hatoba-badge">{t('traces.in-progress')}</span>}
      </span>
      <span className="hatoba-row-words">
        {words}
        {percent !== undefined && percent >= slowPercent && (
          <span className="hatoba-badge" title={t('trace.slower', { share: formatPercent(percent) })}>
            p{percent}
          </span>
        )}
      </span>
      <span className="hatoba-row-bars">
        {bar && (
          <span
            className={`hatoba-bar-fill${row.inProgress ? ' hatoba-bar-open' : ''}`}
            style={{
              ...bar,
              background: failed ? colour[row.outcome] : row.kind === 'segment' ? colour.accent : colour.idle,
            }}
          />
        )}
        {critical.map((stretch) => {
          const mark = place(stretch.from, stretch.to, window);
          return mark && <span key={stretch.from} className="hatoba-bar-critical" style={mark} />;
        })}
      </span>
    </div>
  );
}
