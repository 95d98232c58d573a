import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '../platform/byte-budget.ts';
import { BodyTooLargeError } from '../wire/aws/inflate-body.ts';

/** The client went away before its request was whole: there is nobody to answer. */
export class ClientGoneError extends Error {}

/** Too many bytes of unanswered requests are held already. */
export class BodiesHeldError extends Error {}

// What is sent beyond the limit is thrown away so that the client can read our answer; beyond this the connection ends.
const DISCARD_FACTOR = 4;

/**
 * The whole body; its bytes stay taken from the budget until the caller releases them. Throws BodyTooLargeError beyond
 * `bytesMax` and BodiesHeldError when the budget is used up, both once the client has sent what it had to send: one
 * that still writes when the connection ends never reads why.
 */
export function readBody(request: IncomingMessage, bytesMax: number, budget: ByteBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const discardedMax = bytesMax * DISCARD_FACTOR;
    const chunks: Buffer[] = [];
    let bytes = 0;
    let taken = 0;
    let refusal: Error | undefined;
    let settled = false;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > bytesMax) refuse(tooLarge());
    if (announced > discardedMax) settle();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) refuse(tooLarge());
      if (bytes > discardedMax) {
        settle();
        request.destroy();
      } else if (refusal) return;
      else if (!budget.take(chunk.length)) refuse(new BodiesHeldError());
      else {
        taken += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on('end', settle);
    request.on('error', gone);
    request.on('close', gone);

    function refuse(reason: Error): void {
      refusal ??= reason;
      chunks.length = 0;
      budget.release(taken);
      taken = 0;
    }

    function settle(): void {
      if (settled) return;
      settled = true;
      if (refusal) reject(refusal);
      else resolve(Buffer.concat(chunks, bytes));
    }

    function gone(): void {
      if (settled) return;
      refuse(new ClientGoneError());
      settle();
    }

    function tooLarge(): BodyTooLargeError {
      return new BodyTooLargeError(`the body is larger than ${bytesMax} bytes`);
    }
  });
}
