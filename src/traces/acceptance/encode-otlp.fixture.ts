import { bytesField, varintField } from '../../wire/protobuf.ts';

export interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startSeconds: number;
  readonly seconds: number;
}

/** An ExportTraceServiceRequest in protobuf: the spans of one service, without attributes. */
export function encodeTraces(serviceName: string, spans: readonly PlainSpan[]): Buffer {
  const attribute = Buffer.concat([bytesField(1, 'service.name'), bytesField(2, bytesField(1, serviceName))]);
  const resource = bytesField(1, bytesField(1, attribute));
  const scopeSpans = bytesField(2, Buffer.concat(spans.map((span) => bytesField(2, encodeSpan(span)))));
  return bytesField(1, Buffer.concat([resource, scopeSpans]));
}

function encodeSpan(span: PlainSpan): Buffer {
  return Buffer.concat([
    bytesField(1, Buffer.from(span.traceId, 'hex')),
    bytesField(2, Buffer.from(span.spanId, 'hex')),
    bytesField(5, span.name),
    varintField(6, span.kind),
    fixed64Field(7, BigInt(Math.round(span.startSeconds * 1e6)) * 1000n),
    fixed64Field(8, BigInt(Math.round((span.startSeconds + span.seconds) * 1e6)) * 1000n),
  ]);
}

function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (field << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}
