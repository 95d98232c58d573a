import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

// What real clients write, made by the clients themselves where they are libraries.

const require = createRequire(import.meta.url);
const ofSdk = createRequire(require.resolve('@opentelemetry/sdk-node'));
const xray = require('aws-xray-sdk-core');
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = ofSdk('@opentelemetry/sdk-trace-base');
const { resourceFromAttributes } = ofSdk('@opentelemetry/resources');
const { SpanKind, SpanStatusCode, context, trace } = ofSdk('@opentelemetry/api');
const ofExporter = createRequire(ofSdk.resolve('@opentelemetry/exporter-trace-otlp-proto'));
const { ProtobufTraceSerializer, JsonTraceSerializer } = ofExporter('@opentelemetry/otlp-transformer');

export const header = '{"format":"json","version":1}\n';

/** Segments of the X-Ray SDK: calls, an exception, annotations, metadata, SQL, a streamed subsegment. */
export function xrayDocuments(): Buffer[] {
  xray.setContextMissingStrategy('IGNORE_ERROR');
  // A closed segment is sent: not to the hatoba that whoever runs the tests may have running.
  xray.setDaemonAddress('127.0.0.1:9');
  const segment = new xray.Segment('orders');
  segment.addPluginData({ ecs: { container: 'ip-10-0-0-7' } });
  segment.setUser('alice');
  segment.addAnnotation('customer', 'c-17');
  segment.addAnnotation('items', 3);
  segment.addMetadata('cart', { lines: [1, 2, { deep: ['x'] }] });
  segment.http = {
    request: { method: 'GET', url: 'http://shop.local/', client_ip: '10.0.0.7' },
    response: { status: 500 },
  };
  const call = segment.addNewSubsegment('DynamoDB');
  call.namespace = 'aws';
  call.addAttribute('aws', { operation: 'PutItem', table_name: 'access', region: 'us-east-1', retries: 1 });
  call.close(new Error('denied'), true);
  const remote = segment.addNewSubsegment('backend.local');
  remote.namespace = 'remote';
  remote.addSqlData({ url: 'postgresql://db:5432/x', sanitized_query: 'SELECT 1' });
  remote.close();
  segment.addError(new TypeError('boom'));
  segment.close();
  const open = new xray.Segment('open');
  const streamed = {
    ...JSON.parse(call.toString()),
    type: 'subsegment',
    trace_id: segment.trace_id,
    parent_id: segment.id,
  };
  return [
    segment.toString(),
    open.toString(),
    JSON.stringify(streamed),
    JSON.stringify([streamed, streamed]),
    '{}',
    '[]',
  ].map((text) => Buffer.from(text));
}

function finishedSpans(): unknown[] {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_ecs',
      'aws.ecs.task.arn': 'arn:aws:ecs:us-east-1:000000000000:task/main/0123456789abcdef0123456789abcdef',
      'aws.log.group.names': ['/ecs/shop'],
      'telemetry.sdk.language': 'nodejs',
    }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('corpus');
  const root = tracer.startSpan('GET /', {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': 'GET',
      'url.path': '/',
      'server.address': 'shop.local',
      'http.response.status_code': 503,
    },
  });
  const inRoot = trace.setSpan(context.active(), root);
  const table = tracer.startSpan(
    'DynamoDB.PutItem',
    {
      kind: SpanKind.CLIENT,
      attributes: { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'aws.dynamodb.table_names': ['access'] },
      links: [{ context: root.spanContext(), attributes: { why: 'retry' } }],
    },
    inRoot,
  );
  table.recordException(new Error('denied'));
  table.setStatus({ code: SpanStatusCode.ERROR, message: 'denied' });
  table.end();
  const sql = {
    'db.system.name': 'postgresql',
    'db.namespace': 'orders',
    'server.address': 'db',
    'db.query.text': 'SELECT 1',
  };
  tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: sql }, inRoot).end();
  tracer
    .startSpan('send', { kind: SpanKind.PRODUCER, attributes: { 'aws.xray.annotations': ['a'], a: 1, b: [true] } })
    .end();
  tracer
    .startSpan('work', { attributes: { 'aws.xray.metadata.cart': '{"a":1}', big: 2 ** 60, double: 0.5 } }, inRoot)
    .end();
  root.end();
  return exporter.getFinishedSpans();
}

export function otlpProtobuf(): Buffer[] {
  const spans = finishedSpans();
  return [spans, ...spans.map((span) => [span])].map((list) =>
    Buffer.from(ProtobufTraceSerializer.serializeRequest(list)),
  );
}

export function otlpJson(): Buffer[] {
  const spans = finishedSpans();
  return [spans, ...spans.map((span) => [span])].map((list) => Buffer.from(JsonTraceSerializer.serializeRequest(list)));
}

export function zipkinJson(): Buffer[] {
  const timestamp = Date.now() * 1000;
  const span = {
    traceId: '5759e988bd862e3fe1be46a994272793',
    id: '53995c3f42cd8ad8',
    kind: 'SERVER',
    name: 'get /',
    timestamp,
    duration: 1500,
    localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.1', port: 80 },
    tags: { 'http.method': 'GET', 'http.status_code': '404', error: '' },
    annotations: [{ timestamp, value: 'ws' }],
  };
  const call = {
    ...span,
    id: '53995c3f42cd8ad9',
    parentId: span.id,
    kind: 'CLIENT',
    remoteEndpoint: { serviceName: 'back' },
  };
  const shared = { ...call, kind: 'SERVER', shared: true, localEndpoint: { serviceName: 'back' } };
  return [[span], [span, call, shared], []].map((list) => Buffer.from(JSON.stringify(list)));
}

export function gzipped(bodies: readonly Buffer[]): Buffer[] {
  return bodies.map((body) => gzipSync(body));
}

/** gRPC's frame around a message. */
export function framed(message: Buffer, compressed: boolean): Buffer {
  const body = compressed ? gzipSync(message) : message;
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

export const traceHeaders = [
  'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  'Self=1-65000000-0123456789abcdef01234567;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?',
  ' Root=1-5759e988-bd862e3fe1be46a994272793 ; Parent=53995c3f42cd8ad8; Lineage=a87bd80c:1|68fd508a:5',
  '5759e988bd862e3fe1be46a994272793',
  '',
].map((text) => Buffer.from(text));

/** Bodies of sampling calls as the SDKs for Node and Python and OpenTelemetry's sampler send them. */
export const samplingBodies = [
  {},
  {
    SamplingStatisticsDocuments: [
      {
        RuleName: 'Default',
        ClientID: 'c67bf6291e19e00536b6c084',
        RequestCount: 4950,
        BorrowCount: 11,
        SampledCount: 0,
        Timestamp: 1_795_303_443,
      },
    ],
  },
  {
    SamplingStatisticsDocuments: [
      {
        RuleName: 'checked',
        ClientID: 'a',
        RequestCount: 1,
        BorrowCount: 0,
        SampledCount: 1,
        Timestamp: 1.795303443e9,
      },
      { RuleName: 'gone', ClientID: 'a', RequestCount: 1, SampledCount: 1, Timestamp: 0 },
    ],
  },
].map((body) => Buffer.from(JSON.stringify(body)));
