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

/** A body is read on, and thrown away, up to this many times the limit. */
const discardFactor = 4;

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
  const announced = Number(request.headers['content-length'] ?? 0);
  const gunzip = encoding === 'gzip' && announced <= bytesMax ? createGunzip() : undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sent = 0;
    let bytes = 0;
    let refusal: RequestBodyError | undefined;
    const refuse = (error: RequestBodyError) => {
      refusal ??= error;
      chunks.length = 0;
      hold.release();
      gunzip?.destroy();
      if (request.readableEnded) reject(refusal);
    };
    const keep = (chunk: Buffer) => {
      if (refusal) return;
      bytes += chunk.length;
      if (bytes > bytesMax) refuse(tooLarge());
      else if (hold.take(chunk.length)) chunks.push(chunk);
      else refuse(new RequestBodyError(429, 'TooMuchAtOnce', 'Too much is being received at this moment.'));
    };
    const unreadable = () => refuse(new RequestBodyError(400, 'UnreadableBody', 'The body cannot be read.'));
    const finish = () => (refusal ? reject(refusal) : resolve(Buffer.concat(chunks, bytes)));
    if (announced > bytesMax) refuse(tooLarge());
    // What comes after a refusal is thrown away: a sender that still writes when the connection ends never reads why.
    if (refusal && announced > bytesMax * discardFactor) return reject(refusal);
    request.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (refusal) {
        if (sent > bytesMax * discardFactor) reject(refusal);
      } else if (!gunzip) keep(chunk);
      else if (!gunzip.write(chunk)) request.pause();
    });
    for (const event of ['drain', 'close']) gunzip?.on(event, () => request.resume());
    request.on('end', () => (gunzip && !refusal ? gunzip.end() : finish()));
    request.on('error', unreadable);
    request.on('aborted', () => reject(new RequestBodyError(400, 'BodyNotFinished', 'The client went away.')));
    gunzip?.on('data', keep);
    gunzip?.on('end', finish);
    gunzip?.on('error', unreadable);
  });
}
