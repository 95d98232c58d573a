import { formatSeconds, safeText } from '../output/style.ts';
import { formatTable } from '../output/table.ts';
import type { TraceRow } from './lay-out-trace.ts';

const worksMax = 30;

/** The same work in two traces side by side, the greatest difference in own time first. */
export function describeComparison(here: readonly TraceRow[], there: readonly TraceRow[]): string {
  const works = new Map<string, { name: string; here: Work; there: Work }>();
  const add = (rows: readonly TraceRow[], side: 'here' | 'there') => {
    for (const { service, name, kind, ownSeconds, documents } of rows) {
      const label = kind === 'segment' ? service : `${service} → ${name}`;
      const work = works.get(label) ?? { name: label, here: { count: 0, seconds: 0 }, there: { count: 0, seconds: 0 } };
      work[side] = { count: work[side].count + documents.length, seconds: work[side].seconds + ownSeconds };
      works.set(label, work);
    }
  };
  add(here, 'here');
  add(there, 'there');
  const difference = (one: { here: Work; there: Work }) => one.here.seconds - one.there.seconds;
  const sorted = [...works.values()].sort((a, b) => Math.abs(difference(b)) - Math.abs(difference(a)));
  return formatTable(
    ['work', 'own time here', 'there', 'difference'],
    sorted
      .slice(0, worksMax)
      .map((work) => [
        safeText(work.name),
        amount(work.here),
        amount(work.there),
        `${difference(work) < 0 ? '-' : '+'}${formatSeconds(Math.abs(difference(work)))}`,
      ]),
  );
}

interface Work {
  readonly count: number;
  readonly seconds: number;
}

const amount = ({ count, seconds }: Work): string =>
  count === 0 ? '-' : `${formatSeconds(seconds)}${count > 1 ? ` (${count})` : ''}`;
