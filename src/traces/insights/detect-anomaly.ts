import { type ExpectedRates, faultCountBand, type RequestCount } from './expected-band.ts';

/** Of one node in one minute. `unknown`: too few requests to say. */
export type MinuteVerdict = 'inside' | 'outside' | 'unknown';

const requestsMin = 10;
const faultsMin = 3;
/** A rise that is certain but smaller than this is nobody's incident. */
const riseMin = 0.01;

export function judgeMinute({ requests, faults }: RequestCount, rates: ExpectedRates): MinuteVerdict {
  if (requests === 0) return 'unknown';
  if (faults === 0) return 'inside';
  if (requests < requestsMin) return 'unknown';
  const isOutside =
    faults >= faultsMin &&
    faults > faultCountBand(requests, rates).high &&
    faults / requests >= rates.upper + Math.min(riseMin, (1 - rates.upper) / 2);
  return isOutside ? 'outside' : 'inside';
}

export const opensAfter = { outside: 3, of: 5 } as const;
const backAfterMinutes = 5;
const silentMinutesMax = 30;

export type NodeState = 'well' | 'anomalous' | 'back';

/**
 * What the last minutes of a node (oldest first) make of it. It becomes anomalous with three of five minutes outside
 * its band, and is back after five minutes inside with none outside between them, or when for half an hour nothing
 * could be said against it.
 */
export function detectAnomaly(verdicts: readonly MinuteVerdict[], wasAnomalous: boolean): NodeState {
  const window = verdicts.slice(-opensAfter.of);
  if (window.filter((verdict) => verdict === 'outside').length >= opensAfter.outside) return 'anomalous';
  if (!wasAnomalous) return 'well';
  const since = verdicts.slice(verdicts.lastIndexOf('outside') + 1);
  const inside = since.filter((verdict) => verdict === 'inside').length;
  return inside >= backAfterMinutes || since.length >= silentMinutesMax ? 'back' : 'anomalous';
}

/** Minutes that `detectAnomaly` has to be shown. */
export const verdictMinutes = silentMinutesMax + opensAfter.of;
