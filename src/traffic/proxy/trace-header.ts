import { randomFillSync } from 'node:crypto';

const headerBytesMax = 7168;

/** Random hex, read from the system a page at a time: one call a request would cost more than the rest of the header. */
const randomPage = Buffer.alloc(3072);
let randomAt = randomPage.length;

function randomHex(bytes: number): string {
  if (randomAt + bytes > randomPage.length) {
    randomFillSync(randomPage);
    randomAt = 0;
  }
  randomAt += bytes;
  return randomPage.toString('hex', randomAt - bytes, randomAt);
}

/** `1-<8 hex epoch seconds>-<24 hex>` */
export const newTraceId = (epochSeconds: number): string =>
  `1-${epochSeconds.toString(16).padStart(8, '0')}-${randomHex(12)}`;

/**
 * What the target gets as X-Amzn-Trace-Id. Without a header a new Root; with a Root our own Self in front of it, or in
 * the place of an older Self; other fields stay. A header that has grown beyond 7 KB is begun anew.
 */
export function traceHeader(received: string | undefined, epochSeconds: number): string {
  const id = newTraceId(epochSeconds);
  if (received === undefined || received.length > headerBytesMax) return `Root=${id}`;
  const fields = received
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  const others = fields.filter((field) => !/^Self=/i.test(field));
  const hasRoot = others.some((field) => /^Root=/i.test(field));
  return hasRoot ? [`Self=${id}`, ...others].join(';') : [`Root=${id}`, ...others].join(';');
}
