import type { Logger } from '../platform/logger.ts';
import { StateDiskFullError } from '../stores/state/store.ts';
import { TelemetryDiskFullError, TelemetryQueueFullError } from '../stores/telemetry/store.ts';
import { AwsError, awsError } from '../wire/aws/aws-error.ts';
import { guessProtocol } from '../wire/aws/identify-operation.ts';
import { BodyTooLargeError } from '../wire/aws/inflate-body.ts';
import { SerializationError } from '../wire/aws/serialization-error.ts';
import type { Call } from './answer-call.ts';
import { BodiesHeldError, ClientGoneError } from './read-body.ts';

/** Still starting after the time that calls wait. */
export class ServiceNotReadyError extends Error {}

/** What the caller is told about anything thrown; undefined when the caller is gone. The only place that logs failures. */
export function toAwsError(error: unknown, call: Call, logger: Logger): AwsError | undefined {
  if (error instanceof AwsError) return error;
  if (error instanceof ClientGoneError) return undefined;
  const protocol = call.identified?.protocol ?? guessProtocol(call.head);
  const xml = protocol === 'query' || protocol === 'ec2';
  if (error instanceof SerializationError) {
    return awsError(xml ? 'MalformedInput' : 'SerializationException', error.message, 400);
  }
  if (error instanceof BodyTooLargeError) {
    return awsError(
      xml ? 'RequestEntityTooLarge' : 'RequestEntityTooLargeException',
      `The request is too large: ${error.message}.`,
      413,
    );
  }
  if (error instanceof TelemetryQueueFullError) return throttled(error.retryAfterMs, xml);
  if (error instanceof StateDiskFullError || error instanceof TelemetryDiskFullError) {
    // 507 is a status that SDKs do not try again: the caller reads the reason at once.
    return awsError(xml ? 'InsufficientStorage' : 'InsufficientStorageException', error.message, 507);
  }
  if (error instanceof BodiesHeldError) return throttled(1_000, xml);
  if (error instanceof ServiceNotReadyError) {
    return awsError(
      xml ? 'ServiceUnavailable' : 'ServiceUnavailableException',
      'hatoba is still starting; try again.',
      503,
    );
  }
  const operation = call.identified?.operation;
  logger.error(
    { err: error, requestId: call.requestId, service: operation?.service.id, operation: operation?.name },
    'a call failed inside hatoba',
  );
  return awsError(
    'InternalFailure',
    `An internal error occurred; hatoba's log has it under request ${call.requestId}.`,
    500,
  );
}

function throttled(retryAfterMs: number, xml: boolean): AwsError {
  return new AwsError(xml ? 'Throttling' : 'ThrottlingException', 'Rate exceeded', {
    httpStatus: 429,
    extra: { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) },
  });
}
