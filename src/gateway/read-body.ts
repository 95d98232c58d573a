import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError } from '../wire/aws/inflate-body.ts';

/** The client went away before its request was whole: there is nobody to answer. */
export class ClientGoneError extends Error {}

// What is sent beyond the limit is thrown away so that the client can read our answer; beyond this the connection ends.
const DISCARD_FACTOR = 4;

/** The whole body. Throws BodyTooLargeError beyond `bytesMax`, as soon as the length is announced or exceeded. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > bytesMax) tooLarge();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax * DISCARD_FACTOR) request.destroy();
      else if (bytes > bytesMax) tooLarge();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks, bytes)));
    request.on('error', () => reject(new ClientGoneError()));
    request.on('close', () => reject(new ClientGoneError()));

    function tooLarge(): void {
      chunks.length = 0;
      reject(new BodyTooLargeError(`the body is larger than ${bytesMax} bytes`));
    }
  });
}
