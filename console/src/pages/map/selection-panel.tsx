import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { HistogramEntry } from '../../api/xray.ts';
import type { TimeRange } from '../../app/time-range.ts';
import { formatCount, formatDuration, formatHistogramTime, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { between } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { outcomes, outcomeText, type Shares } from '../../parts/health.tsx';
import { type Bin, Histogram, toBins } from '../../parts/histogram.tsx';
import { SidePanel } from '../../parts/side-panel.tsx';
import { colour } from '../../theme.ts';
import { changeColour, changeWords } from './change-words.ts';
import type { Compared } from './compare-maps.ts';
import { percentile } from './map-model.ts';
import { perMinute } from './rates.ts';
import { SelectionCharts } from './selection-charts.tsx';
import { minutesOf } from './use-map.ts';

export interface Selection {
  title: string;
  description: string;
  shares: Shares;
  histogram: HistogramEntry[];
  meanSeconds: number | undefined;
  ownSeconds?: number | undefined;
  range: TimeRange;
  /** How old messages were when they were taken, of linked traces. */
  ageHistogram?: HistogramEntry[];
  compared: Compared | undefined;
  /** What the charts over time are of, as GetTimeSeriesServiceStatistics takes it, and in which group. */
  selector: string;
  group: string | undefined;
  /** The filter for traces through the selected node or edge, with a condition on it. */
  filter: (inside?: string) => string;
  tracesText: string;
  /** Where else the selection leads: its ECS service, its logs. */
  links?: { text: string; to: string; params?: Record<string, string>; search?: Record<string, string> }[];
}

interface SelectionPanelProps {
  selection: Selection;
  marked: { from: number; to: number } | undefined;
  onMark: (range: { from: number; to: number } | undefined) => void;
  onClose: () => void;
}

/** A node's or edge's numbers, its response times to take a range of, and the ways on to its traces. */
export function SelectionPanel({ selection, marked, onMark, onClose }: SelectionPanelProps) {
  const t = useText();
  const { shares, histogram, filter, compared } = selection;
  const minutes = minutesOf(selection.range);
  const bins = binsOf(histogram);
  const range = marked ? between(marked.from, marked.to) : undefined;
  const facts: [string, string][] = [
    [t('map.median'), formatHistogramTime(percentile(histogram, 0.5))],
    ['p95', formatHistogramTime(percentile(histogram, 0.95))],
    [t('map.mean'), formatDuration(selection.meanSeconds)],
    ...(selection.ownSeconds === undefined
      ? []
      : ([[t('map.mean-own'), formatDuration(selection.ownSeconds)]] as [string, string][])),
    [
      t('map.calls'),
      `${formatCount(shares.total)} (${t('map.per-minute', { count: perMinute(shares.total, minutes) })})`,
    ],
  ];
  return (
    <SidePanel title={selection.title} description={selection.description} onClose={onClose}>
      <SpaceBetween size="m">
        <div className="hatoba-next">
          <Go to="/traces" search={{ filter: filter(range), sort: 'slow' }} className="hatoba-primary">
            {selection.tracesText}
          </Go>
          {(selection.links ?? []).map((link) => (
            <Go key={link.text} to={link.to as '/'} params={link.params as never} search={link.search as never}>
              {link.text}
            </Go>
          ))}
        </div>
        {compared?.change && (
          <strong style={{ color: changeColour[compared.change] }}>{changeWords(t, compared)}</strong>
        )}
        <dl className="hatoba-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <table className="hatoba-outcomes">
          <tbody>
            {outcomes.map((outcome) => (
              <tr key={outcome}>
                <th scope="row">
                  <span className="hatoba-swatch" style={{ background: colour[outcome] }} />
                  {t(outcomeText[outcome])}
                </th>
                <td>
                  {shares[outcome] > 0 ? (
                    <Go to="/traces" search={{ filter: filter(outcome) }}>
                      {formatCount(shares[outcome])}
                    </Go>
                  ) : (
                    '0'
                  )}
                </td>
                <td>{formatShare(shares[outcome], shares.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <ResponseTimes bins={bins} marked={marked} onMark={onMark} />
        {(selection.ageHistogram?.length ?? 0) > 0 && (
          <div>
            <Box variant="awsui-key-label">{t('map.event-age')}</Box>
            <Histogram bins={binsOf(selection.ageHistogram ?? [])} label={t('map.event-age')} />
          </div>
        )}
        <SelectionCharts selection={selection} />
      </SpaceBetween>
    </SidePanel>
  );
}

interface ResponseTimesProps {
  bins: readonly Bin[];
  marked: { from: number; to: number } | undefined;
  onMark: (range: { from: number; to: number } | undefined) => void;
}

function ResponseTimes({ bins, marked, onMark }: ResponseTimesProps) {
  const t = useText();
  if (bins.length === 0) return null;
  return (
    <div>
      <Box variant="awsui-key-label">{t('map.response-times')}</Box>
      <Histogram bins={bins} label={t('map.response-times')} marked={marked} onMark={onMark} />
      {marked ? (
        <Box>
          {t('map.marked', { from: formatDuration(marked.from), to: formatDuration(marked.to) })}{' '}
          <Button variant="inline-link" onClick={() => onMark(undefined)}>
            {t('action.clear')}
          </Button>
        </Box>
      ) : (
        <Box color="text-body-secondary" fontSize="body-s">
          {t('map.drag')}
        </Box>
      )}
    </div>
  );
}

const binsOf = (histogram: readonly HistogramEntry[]): Bin[] =>
  toBins(histogram.map((entry) => ({ value: entry.Value ?? 0, count: entry.Count ?? 0 })));
