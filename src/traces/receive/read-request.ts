import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';

/** The body cannot be taken; `status` is what the sender gets. */
export class RequestBodyError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a body, inflates gzip, and gives up beyond `bytesMax` of either form. */
export async function readRequestBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') throw new RequestBodyError(415, `Content-Encoding ${encoding}`);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax)
    throw new RequestBodyError(413, 'The body is too large.');
  const stream = encoding === 'gzip' ? request.pipe(createGunzip()) : request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: Error) => {
      request.unpipe();
      request.resume();
      reject(error);
    };
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > bytesMax) {
        stream.removeAllListeners('data');
        fail(new RequestBodyError(413, 'The body is too large.'));
      }
    });
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', () => fail(new RequestBodyError(400, 'The body cannot be read.')));
    request.on('error', () => fail(new RequestBodyError(400, 'The body cannot be read.')));
    request.on('aborted', () => fail(new RequestBodyError(400, 'The client went away.')));
  });
}
