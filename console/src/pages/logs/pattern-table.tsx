import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { LogEvent } from '../../api/logs.ts';
import type { TimeRange } from '../../app/time-range.ts';
import { formatCount, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { When } from '../../parts/when.tsx';
import { findPatterns } from './find-patterns.ts';

const slots = 24;

interface PatternTableProps {
  events: readonly LogEvent[];
  range: TimeRange;
  onNarrow: (texts: readonly string[], mode: 'include' | 'exclude') => void;
}

/** The kinds of lines there are: what they have in common, how many, since when, and ways to see or hide them. */
export function PatternTable({ events, range, onNarrow }: PatternTableProps) {
  const t = useText();
  const patterns = findPatterns(events);
  return (
    <DataTable
      title={t('logs.patterns')}
      description={t('logs.patterns-hint', { count: formatCount(events.length) })}
      items={patterns}
      trackBy={(pattern) => pattern.template}
      empty={t('logs.nothing')}
      pageSize={25}
      filter
      columns={[
        {
          id: 'count',
          header: t('logs.lines'),
          sortingField: 'count',
          cell: (pattern) => `${formatCount(pattern.count)} (${formatShare(pattern.count, events.length)})`,
        },
        { id: 'trend', header: t('logs.over-time'), cell: ({ times }) => <Trend times={times} range={range} /> },
        {
          id: 'template',
          header: t('logs.line-pattern'),
          cell: ({ template }) => <span className="hatoba-mono hatoba-clamp hatoba-wrap">{template}</span>,
        },
        { id: 'last', header: t('logs.last'), cell: ({ example }) => <When at={example.timestamp} /> },
        {
          id: 'actions',
          header: t('balancers.actions'),
          cell: ({ fixed, template }) =>
            fixed.length === 0 ? (
              '-'
            ) : (
              <SpaceBetween size="xs" direction="horizontal">
                <Button
                  variant="inline-link"
                  ariaLabel={t('logs.include', { value: template.slice(0, 80) })}
                  onClick={() => onNarrow(fixed, 'include')}
                >
                  {t('logs.only')}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={t('logs.exclude', { value: template.slice(0, 80) })}
                  onClick={() => onNarrow(fixed.slice(0, 1), 'exclude')}
                >
                  {t('logs.hide')}
                </Button>
              </SpaceBetween>
            ),
        },
      ]}
    />
  );
}

function Trend({ times, range }: { times: readonly number[]; range: TimeRange }) {
  const counts = new Array<number>(slots).fill(0);
  for (const time of times) {
    const slot = Math.floor(((time - range.start) / (range.end - range.start)) * slots);
    if (slot >= 0 && slot < slots) counts[slot] = (counts[slot] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return (
    <svg width="96" height="20" viewBox="0 0 96 20" aria-hidden="true" className="hatoba-trend">
      {counts.map((count, slot) => {
        const size = count === 0 ? 0 : Math.max(2, (count / most) * 20);
        return <rect key={slot} x={slot * 4} width="3" y={20 - size} height={size} />;
      })}
    </svg>
  );
}
