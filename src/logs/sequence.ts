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

  next(nowMs: number): bigint {
    if (nowMs > this.lastMs) {
      this.lastMs = nowMs;
      this.counter = 0;
    } else if (this.counter === countersPerMs - 1) {
      this.lastMs += 1;
      this.counter = 0;
    } else {
      this.counter += 1;
    }
    return (BigInt(this.lastMs) << (counterBits + instanceBits)) | this.instance | BigInt(this.counter);
  }
}
