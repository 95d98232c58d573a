/** A value of an OTLP attribute as JSON; bytes are base64 text, 64-bit integers beyond 2^53 decimal text. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };
export type Attributes = Record<string, AttributeValue>;

export const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof spanKinds)[number];

export interface OtlpEvent {
  readonly name: string;
  readonly timeUnixMicros: number;
  readonly attributes: Attributes;
}

export interface OtlpLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

/** A span of either OTLP encoding. Ids are lower-case hex, times whole microseconds. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startUnixMicros: number;
  readonly endUnixMicros: number;
  readonly attributes: Attributes;
  readonly events: readonly OtlpEvent[];
  readonly links: readonly OtlpLink[];
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
}

export interface OtlpResourceSpans {
  readonly resource: Attributes;
  readonly spans: readonly OtlpSpan[];
}

/** The message is no ExportTraceServiceRequest. */
export class OtlpError extends Error {}
