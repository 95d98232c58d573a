import { newHexId } from '../src/platform/ids.ts';

export const spansPerBatch = 512;
const services = ['frontend', 'bff', 'backend1', 'backend2', 'orders', 'stock'];

/** An ExportTraceServiceRequest of one service's spans, as a batch processor of an OpenTelemetry SDK sends it. */
export function otlpBatch(seed: number, nowMs: number): Buffer {
  const service = services[seed % services.length]!;
  const resource = message(
    1,
    Buffer.concat([
      attribute(1, 'service.name', service),
      attribute(1, 'service.version', '1.4.2'),
      attribute(1, 'telemetry.sdk.name', 'opentelemetry'),
      attribute(1, 'telemetry.sdk.language', 'nodejs'),
      attribute(1, 'telemetry.sdk.version', '2.12.0'),
      attribute(1, 'host.name', 'ip-172-31-4-17'),
      attribute(1, 'process.pid', 4242),
      attribute(1, 'process.runtime.version', '20.20.2'),
    ]),
  );
  const spans: Buffer[] = [];
  let traceId = '';
  let parentId = '';
  for (let index = 0; index < spansPerBatch; index += 1) {
    // A request: the span of the server, one inside, two calls.
    const step = index % 4;
    if (step === 0)
      traceId =
        Math.floor(nowMs / 1000)
          .toString(16)
          .padStart(8, '0') + newHexId(12);
    const id = newHexId(8);
    spans.push(
      message(
        2,
        span({
          traceId,
          id,
          parentId: step === 0 ? newHexId(8) : parentId,
          step,
          seed: seed * spansPerBatch + index,
          nowMs,
        }),
      ),
    );
    if (step === 0) parentId = id;
  }
  return message(1, Buffer.concat([resource, message(2, Buffer.concat(spans))]));
}

interface SpanFacts {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly step: number;
  readonly seed: number;
  readonly nowMs: number;
}

function span({ traceId, id, parentId, step, seed, nowMs }: SpanFacts): Buffer {
  const kind = [2, 1, 3, 3][step]!;
  const startNanos = BigInt(nowMs - 1000 + (seed % 900)) * 1_000_000n;
  const durationNanos = BigInt(2_000_000 + (seed % 97) * 500_000);
  const callee = services[(seed + step) % services.length]!;
  const attributes =
    step === 1
      ? [
          attribute(9, 'code.function.name', 'renderItems'),
          attribute(9, 'items.count', seed % 40),
          attribute(9, 'cache.hit', seed % 3 === 0 ? 1 : 0),
          attribute(9, 'tenant.id', `tenant-${seed % 100}`),
        ]
      : [
          attribute(9, 'http.request.method', 'GET'),
          attribute(9, 'url.full', `http://${callee}.local:8080/api/items/${seed % 5000}?page=${seed % 7}`),
          attribute(9, 'http.response.status_code', seed % 100 === 0 ? 500 : 200),
          attribute(9, 'server.address', `${callee}.local`),
          attribute(9, 'server.port', 8080),
          attribute(9, 'user_agent.original', 'node/20 undici'),
          attribute(9, 'network.protocol.version', '1.1'),
          attribute(9, 'network.peer.address', '172.31.7.9'),
          attribute(9, 'client.address', '10.0.0.12'),
          attribute(9, 'http.route', '/api/items/:id'),
          attribute(9, 'tenant.id', `tenant-${seed % 100}`),
        ];
  return Buffer.concat([
    field(1, Buffer.from(traceId, 'hex')),
    field(2, Buffer.from(id, 'hex')),
    field(4, Buffer.from(parentId, 'hex')),
    field(5, Buffer.from(step === 1 ? 'render items' : 'GET /api/items/:id')),
    varint(6 * 8),
    varint(kind),
    fixed64(7, startNanos),
    fixed64(8, startNanos + durationNanos),
    ...attributes,
  ]);
}

function attribute(number: number, key: string, value: string | number): Buffer {
  const any = typeof value === 'string' ? field(1, Buffer.from(value)) : Buffer.concat([varint(3 * 8), varint(value)]);
  return message(number, Buffer.concat([field(1, Buffer.from(key)), field(2, any)]));
}

const message = (number: number, body: Buffer): Buffer => field(number, body);
const field = (number: number, body: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

/** A segment document of an X-Ray SDK: a request, a call in it, two annotations. */
export function segmentDocument(seed: number, nowMs: number): string {
  const start = (nowMs - 1000 + (seed % 900)) / 1000;
  return JSON.stringify({
    name: services[seed % services.length],
    id: newHexId(8),
    trace_id: `1-${Math.floor(nowMs / 1000)
      .toString(16)
      .padStart(8, '0')}-${newHexId(12)}`,
    start_time: start,
    end_time: start + 0.04,
    http: {
      request: {
        method: 'GET',
        url: `http://shop.local/api/items/${seed % 5000}`,
        client_ip: '10.0.0.12',
        user_agent: 'curl/8',
      },
      response: { status: seed % 100 === 0 ? 500 : 200, content_length: 512 },
    },
    annotations: { tenant: `tenant-${seed % 100}`, cached: seed % 3 === 0 },
    aws: { xray: { sdk: 'X-Ray for Node.js', sdk_version: '3.12.0', package: 'aws-xray-sdk' } },
    service: { version: '1.4.2' },
    subsegments: [
      {
        id: newHexId(8),
        name: 'backend1.local',
        start_time: start + 0.01,
        end_time: start + 0.03,
        namespace: 'remote',
        http: { request: { method: 'GET', url: 'http://backend1.local/date' }, response: { status: 200 } },
      },
    ],
  });
}

/** Lines as an access log has them. */
export function logEvents(count: number, seed: number, nowMs: number): { timestamp: number; message: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: nowMs - 1000 + Math.floor((index * 1000) / count),
    message: `10.0.${index % 256}.${seed % 256} - - "GET /api/items/${(seed * 7919 + index * 31) % 50_000}?page=${index % 9} HTTP/1.1" 200 ${500 + (index % 900)} "-" "Mozilla/5.0 (X11; Linux x86_64)" request=${newHexId(8)} ${(index % 83) / 10} ms`,
  }));
}
