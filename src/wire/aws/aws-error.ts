/**
 * An error that the caller sees in its own protocol. `code` is the shape name or query error code of the service's
 * model; the gateway takes status and envelope from there, and `httpStatus` only when the model does not know the code.
 * Anything else that is thrown is a bug and becomes InternalFailure (500) with the request id.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly httpStatus: number | undefined;
  readonly extra: Record<string, unknown>;

  constructor(code: string, message: string, options: { httpStatus?: number; extra?: Record<string, unknown> } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.httpStatus = options.httpStatus;
    this.extra = options.extra ?? {};
  }
}

export const awsError = (code: string, message: string, httpStatus?: number): AwsError =>
  new AwsError(code, message, httpStatus === undefined ? {} : { httpStatus });
