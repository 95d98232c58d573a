import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { ByteBudget } from '../../platform/byte-budget.ts';

/** Why a body cannot be taken; the ledger counts by it. */
export type BodyProblem =
  | 'BodyTooLarge'
  | 'UnsupportedEncoding'
  | 'UnreadableBody'
  | 'BodyNotFinished'
  | 'TooMuchAtOnce';

/** The body cannot be taken; `status` is what the sender gets. */
export class RequestBodyError extends Error {
  readonly status: number;
  readonly problem: BodyProblem;

  constructor(status: number, problem: BodyProblem, message: string) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** What one request holds of the budget of all. */
export class BodyHold {
  private readonly budget: ByteBudget;
  private held = 0;

  constructor(budget: ByteBudget) {
    this.budget = budget;
  }

  take(bytes: number): boolean {
    if (!this.budget.take(bytes)) return false;
    this.held += bytes;
    return true;
  }

  release(): void {
    this.budget.release(this.held);
    this.held = 0;
  }
}

/**
 * Reads a body, inflates gzip, and gives up beyond `bytesMax` of either form; what it keeps is taken from `hold`, which
 * the caller releases. Throws RequestBodyError.
 */
export async function readRequestBody(request: IncomingMessage, bytesMax: number, hold: BodyHold): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new RequestBodyError(415, 'UnsupportedEncoding', `Content-Encoding ${encoding.slice(0, 32)}`);
  }
  const tooLarge = () => new RequestBodyError(413, 'BodyTooLarge', `The body is larger than ${bytesMax} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const gunzip = encoding === 'gzip' ? createGunzip() : undefined;
  const stream = gunzip ? request.pipe(gunzip) : request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: RequestBodyError) => {
      stream.removeAllListeners('data');
      chunks.length = 0;
      request.unpipe();
      gunzip?.destroy();
      // The rest is thrown away, so that the sender can read the answer.
      request.resume();
      reject(error);
    };
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) return fail(tooLarge());
      if (!hold.take(chunk.length)) {
        return fail(new RequestBodyError(429, 'TooMuchAtOnce', 'Too much is being received at this moment.'));
      }
      chunks.push(chunk);
    });
    stream.on('end', () => resolve(Buffer.concat(chunks, bytes)));
    const unreadable = () => fail(new RequestBodyError(400, 'UnreadableBody', 'The body cannot be read.'));
    gunzip?.on('error', unreadable);
    request.on('error', unreadable);
    request.on('aborted', () => fail(new RequestBodyError(400, 'BodyNotFinished', 'The client went away.')));
  });
}
