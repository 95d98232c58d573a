import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Headers } from './http-bindings.ts';
import { SerializationError } from './serialization-error.ts';

const gunzipAsync = promisify(gunzip);

/** A body grew beyond what the gateway takes; status 413. */
export class BodyTooLargeError extends Error {}

/**
 * Undoes `content-encoding: gzip` (SDKs send PutMetricData above 10 KB so). The inflated size is bounded as well: 1 MB
 * of gzip can hold 1 GB.
 */
export async function inflateBody(headers: Headers, body: Buffer, bytesMax: number): Promise<Buffer> {
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip') throw new SerializationError(`content-encoding ${encoding.slice(0, 32)} is not supported`);
  try {
    return await gunzipAsync(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyTooLargeError(`the inflated body is larger than ${bytesMax} bytes`);
    }
    throw new SerializationError('the body is not valid gzip');
  }
}
