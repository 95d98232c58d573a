import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OtlpSpan } from '../../wire/otlp.ts';
import { readDatagram } from './daemon-udp.ts';
import { acceptDocument, parseDocument } from './parse-document.ts';
import { parseStack } from './parse-stack.ts';
import { spanToDocuments } from './span-to-documents.ts';
import { toRows } from './to-rows.ts';

const now = new Date('2026-11-22T00:00:00Z');
const limits = { documentBytesMax: 65_536, pastMs: 30 * 86_400_000, futureMs: 86_400_000 };
const source = { name: 'test', account: '000000000000', region: 'us-east-1' };
const seconds = now.getTime() / 1000 - 60;

const segment = {
  trace_id: '1-5759E988-bd862e3fe1be46a994272793',
  id: 'A836834C0BBD807A',
  name: 'orders',
  start_time: seconds,
  end_time: seconds + 0.25,
};
const accept = (document: object) => {
  const parsed = parseDocument(JSON.stringify(document), now, limits);
  if (parsed.kind !== 'documents' || parsed.refused.length > 0) throw new Error(JSON.stringify(parsed));
  return toRows(parsed.accepted[0]!, source);
};

describe('documents', () => {
  test('whatever arrives is accepted or refused with a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parseDocument(text, now, limits);
        if (parsed.kind === 'documents') for (const { code } of parsed.refused) expect(code).toMatch(/^[A-Za-z]+$/);
      }),
    );
  });

  test('a document with any one field replaced by anything still makes rows or is refused', () => {
    const whole = {
      ...segment,
      http: { request: { url: 'http://a/b' }, response: { status: 200 } },
      aws: { ecs: { container: 'x' } },
      annotations: { a: 1 },
      subsegments: [
        { id: 'b836834c0bbd807a', name: 'DynamoDB', namespace: 'aws', start_time: seconds, end_time: seconds },
      ],
    };
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole)), fc.jsonValue(), (key, value) => {
        const outcome = acceptDocument({ ...whole, [key]: value }, now, limits);
        if (!('code' in outcome)) expect(toRows(outcome, source).segment.trace_id).toHaveLength(32);
      }),
      { numRuns: 500 },
    );
  });

  test('what real SDKs send beyond the schema is taken', () => {
    const { segment: row, calls } = accept({
      ...segment,
      in_progress: false,
      aws: { ecs: { container: 'host-1' }, xray: { rule_name: 'Default' } },
      annotations: { 'k.dotted': 'v', list: [1], nothing: null },
      subsegments: [
        {
          id: 'fc414288a7b53d23',
          name: 'api.example.com',
          namespace: 'remote',
          traced: true,
          start_time: seconds,
          end_time: seconds + 0.1,
          http: { response: { status: 503, content_length: '3' } },
          cause: { id: 'fc414288a7b53d23' },
        },
        { id: 'fc414288a7b53d24', name: 'local work', namespace: 'local', start_time: seconds, in_progress: true },
      ],
    });
    expect(row).toMatchObject({
      id: 'a836834c0bbd807a',
      container: 'host-1',
      annotations: ['k.dotted="v"'],
      in_progress: 0,
    });
    expect(calls).toMatchObject([{ owner_name: 'orders', target_type: 'remote', fault: 1, owner_known: 1 }]);
  });

  test('64 KiB are taken where the service takes them, one byte more is not', () => {
    const fill = (bytes: number) => {
      const empty = JSON.stringify({ ...segment, metadata: { x: '' } }).length;
      return JSON.stringify({ ...segment, metadata: { x: 'a'.repeat(bytes - empty) } });
    };
    expect(parseDocument(fill(65_536), now, limits)).toMatchObject({ refused: [] });
    expect(parseDocument(fill(65_537), now, limits)).toMatchObject({
      refused: [{ id: segment.id, code: 'SegmentTooLarge' }],
    });
  });

  test.each([
    ['DynamoDB', { table_name: 'orders' }, 'orders', 'AWS::DynamoDB::Table'],
    ['dynamodb', { table_names: ['orders'] }, 'orders', 'AWS::DynamoDB::Table'],
    ['DynamoDB', {}, 'DynamoDB', 'AWS::DynamoDB'],
    ['SQS', { queue_url: 'http://sqs/000000000000/jobs' }, 'jobs', 'AWS::SQS::Queue'],
    ['sns', { topic_arn: 'arn:aws:sns:us-east-1:000000000000:news' }, 'news', 'AWS::SNS::Topic'],
    ['Lambda', { function_name: 'resize' }, 'resize', 'AWS::Lambda::Function'],
    ['S3', { bucket_name: 'b' }, 'S3', 'AWS::S3'],
  ])('a call to %s with %j infers %s (%s)', (name, aws, targetName, targetType) => {
    const { calls } = accept({
      ...segment,
      subsegments: [{ id: 'fc414288a7b53d23', name, namespace: 'aws', aws, start_time: seconds, end_time: seconds }],
    });
    expect(calls).toMatchObject([{ target_name: targetName, target_type: targetType }]);
  });

  test('an HTTP call inside an AWS call is part of it', () => {
    const inner = {
      id: 'fc414288a7b53d24',
      name: '127.0.0.1',
      namespace: 'remote',
      start_time: seconds,
      end_time: seconds,
    };
    const outer = {
      id: 'fc414288a7b53d23',
      name: 'S3',
      namespace: 'aws',
      start_time: seconds,
      end_time: seconds,
      subsegments: [inner],
    };
    expect(accept({ ...segment, subsegments: [outer] }).calls.map(({ name }) => name)).toEqual(['S3']);
  });
});

test('a datagram is its header line and one document', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void readDatagram(Buffer.from(bytes))));
  expect(readDatagram(Buffer.from('{"version":1,"format":"JSON","x":2}\n{\n}'))).toBe('{\n}');
  expect(readDatagram(Buffer.from('{"format":"json","version":"1"}\n{}'))).toBeUndefined();
});

describe('spans', () => {
  const span = (more: Partial<OtlpSpan>): OtlpSpan => ({
    traceId: '5759e988bd862e3fe1be46a994272793',
    spanId: 'f71e8c923f0d978c',
    parentSpanId: 'b07f4de60e640920',
    name: 'work',
    kind: 'internal',
    startUnixMicros: seconds * 1e6,
    endUnixMicros: seconds * 1e6 + 1000,
    attributes: {},
    events: [],
    links: [],
    statusCode: 0,
    statusMessage: '',
    ...more,
  });
  const convert = (more: Partial<OtlpSpan>) =>
    spanToDocuments(span(more), { 'service.name': 'shop' }).map(({ document }) => document);

  test('old and stable HTTP attributes give the same segment', () => {
    const old = convert({
      kind: 'server',
      attributes: {
        'http.method': 'GET',
        'http.scheme': 'http',
        'http.host': 'a:8080',
        'http.target': '/x?y=1',
        'http.status_code': 429,
        'http.user_agent': 'u',
      },
    });
    const stable = convert({
      kind: 'server',
      attributes: {
        'http.request.method': 'GET',
        'url.scheme': 'http',
        'server.address': 'a',
        'server.port': 8080,
        'url.path': '/x',
        'url.query': 'y=1',
        'http.response.status_code': 429,
        'user_agent.original': 'u',
      },
    });
    expect(old[0]).toMatchObject({
      name: 'shop',
      error: true,
      throttle: true,
      http: { request: { url: 'http://a:8080/x?y=1' } },
    });
    expect(stable[0]!.http).toEqual(old[0]!.http);
  });

  test('a client span without a parent is a segment and a call in it', () => {
    const [own, call] = convert({ kind: 'client', parentSpanId: '', attributes: { 'server.address': 'api' } });
    expect(own).toMatchObject({ name: 'shop' });
    expect(call).toMatchObject({
      id: 'f71e8c923f0d978c',
      parent_id: own!.id,
      name: 'api',
      namespace: 'remote',
      type: 'subsegment',
    });
  });

  test('consumers are services of their own, producers call', () => {
    expect(convert({ kind: 'consumer' })[0]).not.toHaveProperty('type');
    expect(convert({ kind: 'producer', attributes: { 'peer.service': 'queue' } })[0]).toMatchObject({
      namespace: 'remote',
      name: 'queue',
    });
  });

  test('the stable database attributes give an sql block', () => {
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': 'orders',
      'server.address': 'db',
      'db.query.text': 'SELECT 1',
    };
    expect(convert({ kind: 'client', attributes })[0]).toMatchObject({
      name: 'orders@db',
      sql: { database_type: 'postgresql', connection_string: 'db/orders', sanitized_query: 'SELECT 1' },
    });
  });

  test('listed attributes are annotations, all others metadata; an error without HTTP is a fault', () => {
    const [document] = convert({
      statusCode: 2,
      statusMessage: 'broken',
      attributes: { 'aws.xray.annotations': ['game.id'], 'game.id': 'x', other: 1 },
    });
    expect(document).toMatchObject({
      fault: true,
      annotations: { 'game.id': 'x' },
      metadata: { default: { other: 1 } },
      cause: { exceptions: [{ message: 'broken' }] },
    });
  });

  test.each([
    [
      'nodejs',
      'E: m\n    at f (/app/a.js:5:1)\n    at async g (/app/b.js:6:2)',
      [
        ['f', '/app/a.js', 5],
        ['async g', '/app/b.js', 6],
      ],
    ],
    ['java', 'E: m\n\tat a.B.c(B.java:7)\nCaused by: X: y\n\tat d.E.f(E.java:8)', [['a.B.c', 'B.java', 7]]],
    [
      'python',
      'Traceback\n  File "a.py", line 1, in f\n  File "b.py", line 2, in g',
      [
        ['g', 'b.py', 2],
        ['f', 'a.py', 1],
      ],
    ],
  ])('a stack of %s becomes frames', (language, text, frames) => {
    expect(parseStack(text, language).stack.map(({ label, path, line }) => [label, path, line])).toEqual(frames);
  });
});
