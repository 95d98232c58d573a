/** Values over time, by the start of their periods, ascending; a period without data is absent. */
export interface Series {
  readonly label: string;
  readonly points: ReadonlyMap<number, number>;
}

/** What a part of an expression can be. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'series'; readonly series: Series }
  | { readonly kind: 'array'; readonly items: readonly Series[] };

export const scalar = (value: number): Value => ({ kind: 'scalar', value });
export const seriesValue = (series: Series): Value => ({ kind: 'series', series });
export const arrayValue = (items: readonly Series[]): Value => ({ kind: 'array', items });

export const isNumber = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value);

/** A series with the points for which `change` gives a finite number. */
export function mapSeries(series: Series, change: (value: number, timestampMs: number) => number | undefined): Series {
  const points = new Map<number, number>();
  for (const [timestampMs, value] of series.points) {
    const changed = change(value, timestampMs);
    if (isNumber(changed)) points.set(timestampMs, changed);
  }
  return { label: series.label, points };
}

/** All timestamps of several series, ascending. */
export function timestampsOf(items: readonly Series[]): number[] {
  return [...new Set(items.flatMap((series) => [...series.points.keys()]))].sort((left, right) => left - right);
}

export const seriesFrom = (label: string, points: Iterable<readonly [number, number]>): Series => ({
  label,
  points: new Map([...points].filter(([, value]) => Number.isFinite(value))),
});
