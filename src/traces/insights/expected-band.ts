export interface RequestCount {
  readonly requests: number;
  readonly faults: number;
}

/** Bounds of the share of requests that are expected to be faults, and what they were learnt from. */
export interface ExpectedRates {
  readonly lower: number;
  readonly upper: number;
  readonly basis: 'seasonal' | 'recent' | 'none';
}

/** Standard deviations: of what was learnt, and again of what one minute may differ from it by chance. */
const deviations = 3;
/** What a service is believed to be before it has been seen: one fault in two hundred requests. */
const prior: RequestCount = { requests: 200, faults: 1 };
const seasonalDaysMin = 3;
/** Of one earlier day around the same time; fewer say nothing of a rate. */
const seasonalRequestsMin = 50;

/**
 * The share of faults that is usual. Learnt from the same time of earlier days if at least three of them had traffic: the
 * third with the lowest and the third with the highest rates are left out, so that one bad day teaches nothing. Otherwise
 * from the recent minutes. The bounds are Wilson's for the counts that were found: little traffic gives a wide band.
 */
export function expectedRates(earlierDays: readonly RequestCount[], recent: readonly RequestCount[]): ExpectedRates {
  const days = earlierDays.filter(({ requests }) => requests >= seasonalRequestsMin);
  const isSeasonal = days.length >= seasonalDaysMin;
  const learnt = sum(isSeasonal ? middleThird(days) : recent);
  const requests = learnt.requests + prior.requests;
  const share = (learnt.faults + prior.faults) / requests;
  const z2 = deviations ** 2;
  const center = (share + z2 / (2 * requests)) / (1 + z2 / requests);
  const half =
    (deviations / (1 + z2 / requests)) * Math.sqrt((share * (1 - share)) / requests + z2 / (4 * requests ** 2));
  return {
    lower: Math.max(0, center - half),
    upper: Math.min(1, center + half),
    basis: isSeasonal ? 'seasonal' : learnt.requests > 0 ? 'recent' : 'none',
  };
}

/** How many of so many requests may be faults without being unusual. */
export function faultCountBand(requests: number, rates: ExpectedRates): { low: number; high: number } {
  const spread = (rate: number) => deviations * Math.sqrt(requests * rate * (1 - rate));
  return {
    low: Math.max(0, requests * rates.lower - spread(rates.lower)),
    high: Math.min(requests, requests * rates.upper + spread(rates.upper)),
  };
}

function middleThird(days: readonly RequestCount[]): RequestCount[] {
  const left = Math.floor(days.length / 3);
  return days.toSorted((a, b) => rateOf(a) - rateOf(b) || a.requests - b.requests).slice(left, days.length - left);
}

const rateOf = ({ requests, faults }: RequestCount): number => faults / requests;

export function sum(counts: readonly RequestCount[]): RequestCount {
  return counts.reduce(
    (total, { requests, faults }) => ({
      requests: total.requests + requests,
      faults: total.faults + faults,
    }),
    { requests: 0, faults: 0 },
  );
}
