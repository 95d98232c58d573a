import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { OtlpError } from './otlp.ts';
import { decodeOtlpTracesJson } from './otlp-json.ts';
import { decodeOtlpTraces, encodeOtlpTraceResponse } from './otlp-protobuf.ts';
import { ProtobufError } from './protobuf.ts';

const schema = `syntax = "proto3";
message KeyValueList { repeated KeyValue values = 1; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; repeated Event events = 11;
  repeated Link links = 13; Status status = 15; fixed32 flags = 16; }
message Scope { string name = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Request { repeated ResourceSpans resource_spans = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message Response { PartialSuccess partial_success = 1; }`;
const root = protobuf.parse(schema, { keepCase: false }).root;
const Request = root.lookupType('Request');

const sample = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 's' },
          spans: [
            {
              traceId: Buffer.from('5759e988bd862e3fe1be46a994272793', 'hex'),
              spanId: Buffer.from('f71e8c923f0d978c', 'hex'),
              parentSpanId: Buffer.from('b07f4de60e640920', 'hex'),
              name: 'GET ü',
              kind: 2,
              startTimeUnixNano: 1795308140672000000n.toString(),
              endTimeUnixNano: 1795308140684429520n.toString(),
              attributes: [
                { key: 'negative', value: { intValue: -5 } },
                { key: 'double', value: { doubleValue: 0.25 } },
                { key: 'flag', value: { boolValue: true } },
                { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: 7 }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } } },
              ],
              events: [{ timeUnixNano: '1795308140672000000', name: 'exception', attributes: [] }],
              links: [],
              status: { code: 2, message: 'broken' },
              flags: 257,
            },
          ],
        },
      ],
    },
  ],
};
const bytes = Buffer.from(Request.encode(Request.fromObject(sample)).finish());

const expected = {
  traceId: '5759e988bd862e3fe1be46a994272793',
  spanId: 'f71e8c923f0d978c',
  parentSpanId: 'b07f4de60e640920',
  name: 'GET ü',
  kind: 'server',
  endUnixMicros: 1795308140684429,
  attributes: { negative: -5, double: 0.25, flag: true, list: ['x', 7], map: { k: 'v' } },
  events: [{ name: 'exception' }],
  statusCode: 2,
  statusMessage: 'broken',
};

describe('OTLP', () => {
  test('what a library encodes is read', () => {
    const [resourceSpans] = decodeOtlpTraces(bytes);
    expect(resourceSpans!.resource).toEqual({ 'service.name': 'shop' });
    expect(resourceSpans!.spans[0]).toMatchObject(expected);
  });

  test('the JSON encoding gives the same span', () => {
    const hex = structuredClone(sample) as any;
    const span = hex.resourceSpans[0].scopeSpans[0].spans[0];
    span.traceId = expected.traceId;
    span.spanId = expected.spanId.toUpperCase();
    span.parentSpanId = expected.parentSpanId;
    expect(decodeOtlpTracesJson(JSON.stringify(hex))[0]!.spans[0]).toMatchObject(expected);
  });

  test('cut or changed bytes are refused or read, nothing else', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length - 1), fc.nat(255), (cut, at, byte) => {
        const changed = Buffer.from(bytes.subarray(0, cut));
        if (at < changed.length) changed[at] = byte;
        try {
          decodeOtlpTraces(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes and any JSON are refused or read, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (raw, json) => {
        try {
          decodeOtlpTraces(Buffer.from(raw));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
        try {
          decodeOtlpTracesJson(json);
        } catch (error) {
          expect(error).toBeInstanceOf(OtlpError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('attributes nested beyond all reason are refused, not followed', () => {
    let value = Buffer.alloc(0);
    for (let depth = 0; depth < 500; depth += 1) {
      const array = Buffer.concat([Buffer.from([0x0a]), varint(value.length), value]);
      value = Buffer.concat([Buffer.from([0x2a]), varint(array.length), array]);
    }
    const wrap = (field: number, content: Buffer) =>
      Buffer.concat([Buffer.from([field * 8 + 2]), varint(content.length), content]);
    const message = wrap(1, wrap(1, wrap(1, Buffer.concat([wrap(1, Buffer.from('k')), wrap(2, value)]))));
    expect(() => decodeOtlpTraces(message)).toThrow(ProtobufError);
  });

  test('the answer is what a library decodes', () => {
    const answer = root.lookupType('Response').decode(encodeOtlpTraceResponse(300, 'no')) as any;
    expect(Number(answer.partialSuccess.rejectedSpans)).toBe(300);
    expect(answer.partialSuccess.errorMessage).toBe('no');
  });
});

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}
