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

const spansPerStep = 500;
const spansPerOrder = 10;

/** The job's root; steps one after the other, each a little slower; orders in them; what is done for each order. */
function placeOf(index: number, spanCount: number) {
  if (index === 0) return { parent: 0, name: 'nightly', startMicros: 0, micros: spanCount * 40 + 100_000 };
  const inStep = (index - 1) % spansPerStep;
  const inOrder = (inStep - 1) % spansPerOrder;
  const startMicros = index * 40;
  if (inStep === 0) {
    return { parent: 0, name: `warehouse ${(index - 1) / spansPerStep + 1}`, startMicros, micros: spansPerStep * 40 };
  }
  if (inOrder === 0) {
    const left = spansPerStep - inStep;
    return { parent: index - inStep, name: 'order', startMicros, micros: Math.min(spansPerOrder, left) * 40 - 5 };
  }
  return { parent: index - inOrder, name: names[index % names.length]!, startMicros, micros: 30 + (index % 9) };
}

/** One trace of a batch job, with one span at its very end. */
export function sketchLargeTrace(spanCount: number, startMs: number): LargeTrace {
  const epoch = Math.floor(startMs / 1000).toString(16);
  const random = 'ab'.repeat(12);
  const id = (index: number) => (index + 1).toString(16).padStart(16, '0');
  const nanos = (micros: number) => `${Math.floor(startMs / 1000) * 1_000_000 + micros}000`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const lastValue = `last-${spanCount}`;
  const spanOf = (index: number) => {
    const isLast = index === spanCount - 1;
    const { parent, name, startMicros, micros } = isLast
      ? { parent: 0, name: 'commit', startMicros: spanCount * 40, micros: 90_000 }
      : placeOf(index, spanCount);
    return {
      traceId: `${epoch}${random}`,
      spanId: id(index),
      ...(index > 0 && { parentSpanId: id(parent) }),
      name,
      kind: index === 0 ? 2 : name.startsWith('GET') ? 3 : 1,
      startTimeUnixNano: nanos(startMicros),
      endTimeUnixNano: nanos(startMicros + micros),
      attributes: [text('order', isLast ? lastValue : `order-${index}`), text('region', 'eu')],
      ...(index % 20_000 === 4_999 && {
        status: { code: 2 },
        events: [
          {
            timeUnixNano: nanos(startMicros),
            name: 'exception',
            attributes: [
              text('exception.type', 'Timeout'),
              text('exception.message', `shelf ${index % 3} did not answer`),
            ],
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
