import { setTimeout as sleep } from 'node:timers/promises';

const spansPerRequest = 2_000;
const names = ['SELECT orders', 'render', 'GET /stock', 'cache.get', 'parse', 'validate', 'price', 'UPDATE cart'];

export interface LargeTrace {
  /** X-Ray's form. */
  readonly traceId: string;
  readonly rootName: string;
  readonly lastName: string;
  /** An attribute of the last span. */
  readonly lastValue: string;
  /** Bodies of OTLP/HTTP requests in JSON. */
  batches(): Generator<string>;
}

/** One trace of a batch job: every span the child of one a little before it, the last one at the very end. */
export function sketchLargeTrace(spanCount: number, startMs: number): LargeTrace {
  const epoch = Math.floor(startMs / 1000).toString(16);
  const random = 'ab'.repeat(12);
  const id = (index: number) => (index + 1).toString(16).padStart(16, '0');
  const nanos = (micros: number) => `${Math.floor(startMs / 1000) * 1_000_000 + micros}000`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const lastValue = `last-${spanCount}`;
  const spanOf = (index: number) => {
    const isLast = index === spanCount - 1;
    const parent = index < 100 || isLast ? 0 : Math.max(0, index - 1 - ((index * 7919) % 97));
    return {
      traceId: `${epoch}${random}`,
      spanId: id(index),
      ...(index > 0 && { parentSpanId: id(parent) }),
      name: index === 0 ? 'nightly' : isLast ? 'commit' : names[index % names.length]!,
      kind: index === 0 ? 2 : index % 16 === 2 ? 3 : 1,
      startTimeUnixNano: nanos(index * 40),
      endTimeUnixNano: nanos(index === 0 ? spanCount * 40 + 10_000 : index * 40 + 30 + (index % 1000)),
      attributes: [text('order', isLast ? lastValue : `order-${index}`), text('region', 'eu')],
      ...(index % 5_000 === 4_999 && {
        status: { code: 2 },
        events: [
          {
            timeUnixNano: nanos(index * 40),
            name: 'exception',
            attributes: [text('exception.type', 'Timeout'), text('exception.message', `shelf ${index % 3}`)],
          },
        ],
      }),
    };
  };
  const resource = { attributes: [text('service.name', 'nightly')] };
  return {
    traceId: `1-${epoch}-${random}`,
    rootName: 'nightly',
    lastName: 'commit',
    lastValue,
    *batches() {
      for (let first = 0; first < spanCount; first += spansPerRequest) {
        const count = Math.min(spansPerRequest, spanCount - first);
        const spans = Array.from({ length: count }, (_, index) => spanOf(first + index));
        yield JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
      }
    },
  };
}

/** Sends every batch until it is taken; when told to come again, it does. */
export async function postSpans(url: string, batches: Iterable<string>): Promise<void> {
  for (const body of batches) {
    for (;;) {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await response.arrayBuffer();
      if (response.ok) break;
      if (response.status !== 429) throw new Error(`spans were refused with ${response.status}`);
      await sleep(200);
    }
  }
}
