import { randomBytes } from 'node:crypto';

const counterBits = 14n;
const instanceBits = 8n;
const countersPerMs = 1 << Number(counterBits);

/**
 * Numbers for events: they grow with the time of arrival, and two processes that write in the same millisecond do not
 * meet (but for one chance in 256).
 */
export class EventSequence {
  private readonly instance = BigInt(randomBytes(1)[0]!) << counterBits;
  private lastMs = 0;
  private counter = 0;
  /** Of `lastMs`, all but the counter. */
  private base = 0n;

  next(nowMs: number): bigint {
    if (nowMs > this.lastMs) this.begin(nowMs);
    else if (this.counter === countersPerMs - 1) this.begin(this.lastMs + 1);
    else this.counter += 1;
    return this.base + BigInt(this.counter);
  }

  private begin(ms: number): void {
    this.lastMs = ms;
    this.counter = 0;
    this.base = (BigInt(ms) << (counterBits + instanceBits)) | this.instance;
  }
}
