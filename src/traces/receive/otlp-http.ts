import type { IncomingMessage, ServerResponse } from 'node:http';
import { TelemetryDiskFullError, TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { OtlpError } from '../../wire/otlp.ts';
import { decodeOtlpTracesJson } from '../../wire/otlp-json.ts';
import { decodeOtlpTraces, encodeOtlpTraceResponse } from '../../wire/otlp-protobuf.ts';
import { bytesField, ProtobufError, varintField } from '../../wire/protobuf.ts';
import type { Source } from '../model.ts';
import type { Ingest } from './ingest.ts';
import type { Ledger } from './ledger.ts';
import { RequestBodyError, readRequestBody } from './read-request.ts';
import { decodeZipkinSpans } from './zipkin.ts';

/** Of a body, both as sent and inflated. */
export const otlpBytesMax = 64 << 20;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly retryAfterSeconds?: number;
}

/** OTLP/HTTP in both encodings, and Zipkin's v2 JSON on the same port. */
export class OtlpHttp {
  private readonly ingest: Ingest;
  private readonly ledger: Ledger;

  constructor(deps: { ingest: Ingest; ledger: Ledger }) {
    this.ingest = deps.ingest;
    this.ledger = deps.ledger;
  }

  async serve(request: IncomingMessage, response: ServerResponse, source: Source): Promise<void> {
    const answer = await this.answer(request, source);
    if (response.destroyed) return;
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.body),
      ...(answer.retryAfterSeconds === undefined ? {} : { 'retry-after': String(answer.retryAfterSeconds) }),
    });
    response.end(answer.body);
  }

  private async answer(request: IncomingMessage, source: Source): Promise<Answer> {
    const path = (request.url ?? '/').split('?')[0];
    const isJson = (request.headers['content-type'] ?? '').toLowerCase().startsWith('application/json');
    if (request.method !== 'POST') return problem(isJson, 405, 'Send by POST.');
    try {
      switch (path) {
        case '/v1/traces':
          return await this.traces(request, source, isJson);
        case '/api/v2/spans':
          return await this.zipkin(request, source);
        case '/v1/metrics':
        case '/v1/logs':
          // SDKs post them unasked and complain about anything but success.
          await readRequestBody(request, otlpBytesMax);
          return success(isJson);
        default:
          request.resume();
          return problem(isJson, 404, `No such path: ${path}`);
      }
    } catch (error) {
      return this.failure(error, source, isJson);
    }
  }

  private async traces(request: IncomingMessage, source: Source, isJson: boolean): Promise<Answer> {
    const body = await readRequestBody(request, otlpBytesMax);
    const resourceSpans = isJson ? decodeOtlpTracesJson(body.toString('utf8')) : decodeOtlpTraces(body);
    const { rejected, message } = await this.ingest.spans(resourceSpans, source, { acknowledged: true });
    if (!isJson) {
      return { status: 200, contentType: 'application/x-protobuf', body: encodeOtlpTraceResponse(rejected, message) };
    }
    const partialSuccess =
      rejected > 0 ? { partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } } : {};
    return { status: 200, contentType: 'application/json', body: JSON.stringify(partialSuccess) };
  }

  private async zipkin(request: IncomingMessage, source: Source): Promise<Answer> {
    const body = await readRequestBody(request, otlpBytesMax);
    const resourceSpans = decodeZipkinSpans(body.toString('utf8'));
    await this.ingest.spans(resourceSpans, { ...source, name: 'zipkin' }, { acknowledged: true });
    return { status: 202, contentType: 'text/plain', body: '' };
  }

  private failure(error: unknown, source: Source, isJson: boolean): Answer {
    if (error instanceof TelemetryQueueFullError) {
      const retryAfterSeconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
      return { ...problem(isJson, 429, error.message), retryAfterSeconds };
    }
    if (error instanceof RequestBodyError || error instanceof ProtobufError || error instanceof OtlpError) {
      this.ledger.received(source.name, 1);
      this.ledger.refused(source.name, 'UnreadableRequest');
      return problem(isJson, error instanceof RequestBodyError ? error.status : 400, error.message);
    }
    // Not stored, and not the sender's fault: it may try again.
    const reason = error instanceof TelemetryDiskFullError ? error.message : 'The spans could not be stored.';
    return { ...problem(isJson, 503, reason), retryAfterSeconds: 1 };
  }
}

function success(isJson: boolean): Answer {
  return { status: 200, contentType: isJson ? 'application/json' : 'application/x-protobuf', body: isJson ? '{}' : '' };
}

/** A google.rpc.Status: code 3 is INVALID_ARGUMENT, 14 UNAVAILABLE. */
function problem(isJson: boolean, status: number, message: string): Answer {
  const code = status === 429 || status === 503 ? 14 : 3;
  return isJson
    ? { status, contentType: 'application/json', body: JSON.stringify({ code, message }) }
    : {
        status,
        contentType: 'application/x-protobuf',
        body: Buffer.concat([varintField(1, code), bytesField(2, message)]),
      };
}
