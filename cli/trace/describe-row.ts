import { formatSeconds, safeText } from '../output/style.ts';
import type { Standing } from './find-percent.ts';
import type { TraceRow } from './lay-out-trace.ts';

/** Everything that is known of one row: the facts, then its document as it was sent, without what is inside it. */
export function describeRow(row: TraceRow, start: number, standing: Standing | undefined): string[] {
  const { name, kind, service, outcome, documents, ownSeconds, critical } = row;
  const [{ subsegments: _, ...document }] = documents as [TraceRow['documents'][number]];
  const about = standing?.isSample ? 'about ' : '';
  const facts: [string, string][] = [
    ['name', safeText(name)],
    ['kind', kind === 'segment' ? 'segment' : `${kind === 'call' ? 'call' : 'subsegment'} of ${safeText(service)}`],
    ['outcome', outcome],
    ['began', `+${formatSeconds(row.start - start)}, ${new Date(row.start * 1000).toISOString()}`],
    ['took', `${formatSeconds(row.end - row.start)}, own time ${formatSeconds(ownSeconds)}`],
    ['critical', critical ? 'the response waited for it' : 'no'],
    ...(standing
      ? ([
          [
            'last 24 h',
            `slower than ${about}${standing.percent} % of ${standing.count} (median ${formatSeconds(standing.medianSeconds)})`,
          ],
        ] as [string, string][])
      : []),
    ...(documents.length > 1 ? ([['alike', `${documents.length}; the first of them:`]] as [string, string][]) : []),
  ];
  return [
    ...facts.map(([label, value]) => `${label.padEnd(10)} ${value}`),
    '',
    ...JSON.stringify(document, null, 2).split('\n').map(safeText),
  ];
}
