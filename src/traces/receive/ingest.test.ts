import { expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { newHexId } from '../../platform/ids.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { OtlpSpan } from '../../wire/otlp.ts';
import { Ingest } from './ingest.ts';
import { Ledger } from './ledger.ts';

const count = 5000;

test('a request of many spans gives others their turn, and is stored whole and at once', async () => {
  const inserts: { table: string; rows: number }[] = [];
  const telemetry: Pick<TelemetryStore, 'insert'> = {
    async insert(table, rows) {
      inserts.push({ table, rows: 'format' in rows ? rows.rows : rows.length });
    },
  };
  const ledger = new Ledger();
  const ingest = new Ingest({
    telemetry: telemetry as TelemetryStore,
    clock: systemClock,
    ledger,
    limits: { documentBytesMax: 1 << 20, pastMs: 86_400_000, futureMs: 86_400_000 },
    onStored: () => {},
  });
  const startUnixMicros = systemClock.now().getTime() * 1000;
  const spans = Array.from(
    { length: count },
    (_, index): OtlpSpan => ({
      traceId: newHexId(),
      spanId: newHexId(8),
      parentSpanId: newHexId(8),
      name: `span ${index}`,
      kind: 'server',
      startUnixMicros,
      endUnixMicros: startUnixMicros + 1000,
      attributes: {},
      events: [],
      links: [],
      statusCode: 0,
      statusMessage: '',
    }),
  );
  let turns = 0;
  let isDone = false;
  const other = () => {
    turns += 1;
    if (!isDone) setImmediate(other);
  };
  setImmediate(other);
  const source = { name: 'otlp-http', account: '000000000000', region: 'us-east-1' };
  await ingest.spans([{ resource: { 'service.name': 'shop' }, spans }], source, { acknowledged: true });
  isDone = true;
  expect(turns).toBeGreaterThan(10);
  expect(inserts).toEqual([{ table: 'segments', rows: count }]);
  expect(ledger.list()).toMatchObject([{ received: count, accepted: count, stored: count, refused: 0 }]);
});
