import { TelemetryDiskFullError, TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { GrpcError, type GrpcHandler, type GrpcOptions, grpcStatus } from '../../wire/grpc.ts';
import { decodeOtlpTraces, encodeOtlpTraceResponse } from '../../wire/otlp-protobuf.ts';
import { ProtobufError } from '../../wire/protobuf.ts';
import type { Source } from '../model.ts';
import type { Ingest } from './ingest.ts';
import type { Ledger } from './ledger.ts';
import type { BodyProblem } from './read-request.ts';

const service = /^\/opentelemetry\.proto\.collector\.(trace|metrics|logs)\.v1\.\w+\/Export$/;

const problems: ReadonlyMap<number, BodyProblem> = new Map([
  [grpcStatus.resourceExhausted, 'BodyTooLarge'],
  [grpcStatus.unimplemented, 'UnsupportedEncoding'],
  [grpcStatus.deadlineExceeded, 'BodyNotFinished'],
  [grpcStatus.unavailable, 'TooMuchAtOnce'],
]);

/** Counts messages that never became spans. */
export function countUnreadable(ledger: Ledger, source: Source): GrpcOptions['onUnreadable'] {
  return (path, status) => {
    if (service.exec(path)?.[1] !== 'trace') return;
    ledger.received(source.name, 1);
    ledger.refused(source.name, problems.get(status) ?? 'UnreadableBody');
  };
}

/** OTLP's Export calls: spans are taken; metrics and logs, which SDKs send unasked, are answered. */
export function otlpGrpcHandler(deps: { ingest: Ingest; ledger: Ledger; source: Source }): GrpcHandler {
  const { ingest, ledger, source } = deps;
  return async (path, message) => {
    const signal = service.exec(path)?.[1];
    if (!signal) throw new GrpcError(grpcStatus.unimplemented, `No such method: ${path}`);
    if (signal !== 'trace') return Buffer.alloc(0);
    try {
      const { rejected, message: reason } = await ingest.spans(decodeOtlpTraces(message), source, {
        acknowledged: true,
      });
      return encodeOtlpTraceResponse(rejected, reason);
    } catch (error) {
      if (error instanceof ProtobufError) {
        ledger.received(source.name, 1);
        ledger.refused(source.name, 'UnreadableRequest');
        throw new GrpcError(grpcStatus.invalidArgument, error.message);
      }
      const isFull = error instanceof TelemetryQueueFullError || error instanceof TelemetryDiskFullError;
      const text = isFull ? error.message : 'The spans could not be stored.';
      throw new GrpcError(grpcStatus.unavailable, text);
    }
  };
}
