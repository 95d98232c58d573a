import type { TraceRow } from './lay-out-trace.ts';

/** How long parts of a kind took in 24 hours, as hatoba answers it. */
export interface DurationPercentiles {
  readonly kind: 'segment' | 'call' | 'part';
  readonly service: string;
  readonly name: string;
  readonly count: number;
  /** So many of them were looked at; absent where all were. */
  readonly sampled?: number;
  /** Microseconds that 0, 1, 2 ... 100 percent did not exceed. */
  readonly micros: readonly number[];
}

export interface Standing {
  /** Percent of its like that took less. */
  readonly percent: number;
  readonly count: number;
  readonly isSample: boolean;
  readonly medianSeconds: number;
}

/** With fewer than this, a place among them says nothing. */
const countMin = 20;

/** Finds the place of each row among those of its kind, service and name. Rows that are folded have none. */
export function standingsOf(percentiles: readonly DurationPercentiles[]): (row: TraceRow) => Standing | undefined {
  const keyOf = (...key: [kind: string, service: string, name: string]) => JSON.stringify(key);
  const known = new Map(percentiles.map((one) => [keyOf(one.kind, one.service, one.name), one]));
  const find = ({ kind, service, documents, ancestors }: TraceRow): DurationPercentiles | undefined => {
    const { name } = documents[0]!;
    if (kind === 'segment') return known.get(keyOf('segment', name, name));
    const ofCall = kind === 'call' ? known.get(keyOf('call', service, name)) : undefined;
    if (ofCall) return ofCall;
    // A subsegment is measured by those inside the same kind of document, whichever of those above it that was.
    const holder = ancestors.find((ancestor) => known.has(keyOf('part', ancestor, name)));
    return known.get(keyOf('part', holder ?? '', name));
  };
  return (row) => {
    if (row.documents.length > 1 || row.outcome === 'running') return undefined;
    const found = find(row);
    if (!found || (found.sampled ?? found.count) < countMin) return undefined;
    const micros = Math.round((row.end - row.start) * 1e6);
    const below = found.micros.findIndex((step) => step >= micros);
    return {
      percent: below < 0 ? 100 : Math.min(100, below),
      count: found.count,
      isSample: found.sampled !== undefined,
      medianSeconds: (found.micros[50] ?? 0) / 1e6,
    };
  };
}
