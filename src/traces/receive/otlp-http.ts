import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteBudget } from '../../platform/byte-budget.ts';
import { TelemetryDiskFullError, TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { OtlpError } from '../../wire/otlp.ts';
import { decodeOtlpTracesJson } from '../../wire/otlp-json.ts';
import { decodeOtlpTraces, encodeOtlpTraceResponse } from '../../wire/otlp-protobuf.ts';
import { bytesField, ProtobufError, varintField } from '../../wire/protobuf.ts';
import type { Source } from '../model.ts';
import type { Ingest } from './ingest.ts';
import type { Ledger } from './ledger.ts';
import { BodyHold, RequestBodyError, readRequestBody } from './read-request.ts';
import { decodeZipkinSpans } from './zipkin.ts';

/** Of a body, both as sent and inflated. */
export const otlpBytesMax = 64 << 20;
/** Of a JSON body, which takes far more memory once it is read. */
const jsonBytesMax = 16 << 20;
/** Of all bodies that are being read or stored, of both OTLP ports. */
export const otlpHeldBytesMax = 4 * otlpBytesMax;

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
  private readonly budget: ByteBudget;

  constructor(deps: { ingest: Ingest; ledger: Ledger; budget: ByteBudget }) {
    this.ingest = deps.ingest;
    this.ledger = deps.ledger;
    this.budget = deps.budget;
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
    const hold = new BodyHold(this.budget);
    try {
      switch (path) {
        case '/v1/traces':
          return await this.traces(request, source, isJson, hold);
        case '/api/v2/spans':
          return await this.zipkin(request, { ...source, name: 'zipkin' }, hold);
        case '/v1/metrics':
        case '/v1/logs':
          return await this.unwanted(request, isJson, hold);
        default:
          request.resume();
          return problem(isJson, 404, `No such path: ${path}`);
      }
    } finally {
      hold.release();
    }
  }

  /** SDKs post metrics and logs unasked and complain about anything but success. */
  private async unwanted(request: IncomingMessage, isJson: boolean, hold: BodyHold): Promise<Answer> {
    try {
      await readRequestBody(request, otlpBytesMax, hold);
      return success(isJson);
    } catch (error) {
      if (error instanceof RequestBodyError) return problem(isJson, error.status, error.message);
      throw error;
    }
  }

  private async traces(request: IncomingMessage, source: Source, isJson: boolean, hold: BodyHold): Promise<Answer> {
    try {
      const body = await readRequestBody(request, isJson ? jsonBytesMax : otlpBytesMax, hold);
      const resourceSpans = isJson ? decodeOtlpTracesJson(body.toString('utf8')) : decodeOtlpTraces(body);
      const { rejected, message } = await this.ingest.spans(resourceSpans, source, { acknowledged: true });
      if (!isJson) {
        return { status: 200, contentType: 'application/x-protobuf', body: encodeOtlpTraceResponse(rejected, message) };
      }
      const partialSuccess =
        rejected > 0 ? { partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } } : {};
      return { status: 200, contentType: 'application/json', body: JSON.stringify(partialSuccess) };
    } catch (error) {
      return this.failure(error, source, isJson);
    }
  }

  private async zipkin(request: IncomingMessage, source: Source, hold: BodyHold): Promise<Answer> {
    try {
      const body = await readRequestBody(request, jsonBytesMax, hold);
      await this.ingest.spans(decodeZipkinSpans(body.toString('utf8')), source, { acknowledged: true });
      return { status: 202, contentType: 'text/plain', body: '' };
    } catch (error) {
      return this.failure(error, source, true);
    }
  }

  private failure(error: unknown, source: Source, isJson: boolean): Answer {
    if (error instanceof TelemetryQueueFullError) {
      const retryAfterSeconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
      return { ...problem(isJson, 429, error.message), retryAfterSeconds };
    }
    if (error instanceof RequestBodyError || error instanceof ProtobufError || error instanceof OtlpError) {
      this.ledger.received(source.name, 1);
      this.ledger.refused(source.name, error instanceof RequestBodyError ? error.problem : 'UnreadableRequest');
      const status = error instanceof RequestBodyError ? error.status : 400;
      return { ...problem(isJson, status, error.message), ...(status === 429 ? { retryAfterSeconds: 1 } : {}) };
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
