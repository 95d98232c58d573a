import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TraceId } from '../model.ts';

/**
 * Minutes in which nothing has arrived for a while, about to be marked as settled. A trace belongs to every minute in
 * which a segment or call of it starts, so it may come again with another minute, and again when a late part arrives.
 */
export interface SettledMinutes extends AccountRegion {
  /** Epoch milliseconds, whole minutes; at most an hour. `endMs` is exclusive. */
  readonly startMs: number;
  readonly endMs: number;
  /** Everything that was stored until then is in. */
  readonly asOfMs: number;
  /** Traces with a segment that starts in these minutes, each once, in batches of at most 5,000. */
  traceIds(): AsyncIterable<readonly TraceId[]>;
}

/**
 * Is told before the minutes are marked as settled: when it throws, or the process is killed, the same minutes come
 * again. So each is told at least once, and what it writes must be replaceable.
 */
export type OnSettled = (minutes: SettledMinutes, signal: AbortSignal) => Promise<void>;
