import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** gRPC's status codes, as far as they are used here. */
export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** A call that fails with a status. */
export class GrpcError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Answers the message of a unary call, `path` being `/package.Service/Method`. Throws GrpcError. */
export type GrpcHandler = (path: string, message: Buffer) => Promise<Buffer>;

export interface GrpcOptions {
  /** Of a message, as sent and inflated. */
  readonly bytesMax: number;
  /** What all calls together may hold; a call beyond it is told to come again. */
  readonly budget?: { take(bytes: number): boolean; release(bytes: number): void };
  /** Called for a message that never reached the handler, with the status that was answered. */
  readonly onUnreadable?: ((path: string, status: number) => void) | undefined;
}

const unzip = promisify(gunzip);
/** For a whole message to arrive, and for its answer to be read. */
const callTimeoutMs = 30_000;
/** A message is read on, and thrown away, up to this many times the limit. */
const discardFactor = 4;

/** A server for unary calls over cleartext HTTP/2. */
export function createGrpcServer(handle: GrpcHandler, options: GrpcOptions): Http2Server {
  const server = createServer({ maxSessionMemory: 64, settings: { maxConcurrentStreams: 100 } });
  server.on('session', (session) => session.on('error', () => session.destroy()));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    stream.setTimeout(callTimeoutMs, () => stream.close());
    answer(stream, headers, handle, options).catch(() => stream.destroy());
  });
  return server;
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handle: GrpcHandler,
  options: GrpcOptions,
): Promise<void> {
  if (!headers['content-type']?.startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true });
    return;
  }
  const path = String(headers[':path']);
  let held = 0;
  const take = (bytes: number) => {
    if (options.budget && !options.budget.take(bytes)) {
      throw new UnreadableMessage(grpcStatus.unavailable, 'Too much is being received at this moment.');
    }
    held += bytes;
  };
  try {
    const message = await readMessage(stream, String(headers['grpc-encoding'] ?? 'identity'), options.bytesMax, take);
    respond(stream, grpcStatus.ok, '', await handle(path, message));
  } catch (error) {
    if (error instanceof UnreadableMessage) options.onUnreadable?.(path, error.status);
    const status = error instanceof GrpcError ? error.status : grpcStatus.internal;
    respond(stream, status, error instanceof GrpcError ? error.message : 'Internal error.');
  } finally {
    options.budget?.release(held);
  }
}

/** A message that did not arrive whole, or cannot be taken. */
class UnreadableMessage extends GrpcError {}

async function readMessage(
  stream: ServerHttp2Stream,
  encoding: string,
  bytesMax: number,
  take: (bytes: number) => void,
): Promise<Buffer> {
  const body = await readBody(stream, bytesMax, take);
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5) {
    throw new UnreadableMessage(grpcStatus.invalidArgument, 'The body is not one whole message.');
  }
  const message = body.subarray(5);
  if (body[0] === 0) return message;
  if (encoding !== 'gzip') {
    throw new UnreadableMessage(grpcStatus.unimplemented, `Encoding ${encoding.slice(0, 32)} is not supported.`);
  }
  let inflated: Buffer;
  try {
    inflated = await unzip(message, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new UnreadableMessage(grpcStatus.invalidArgument, 'The message cannot be inflated.');
  }
  take(inflated.length);
  return inflated;
}

/**
 * By events: an iterator that is left early would end the stream, and with it the answer. What comes after a refusal is
 * thrown away up to a bound: clients that are still sending do not listen.
 */
function readBody(stream: ServerHttp2Stream, bytesMax: number, take: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let announced: number | undefined;
    let refusal: Error | undefined;
    const settle = (error: Error | undefined = refusal) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
      chunks.length = 0;
    };
    const refuse = (error: Error) => {
      refusal ??= error;
      chunks.length = 0;
    };
    const timer = setTimeout(() => {
      settle(new UnreadableMessage(grpcStatus.deadlineExceeded, 'The message did not arrive in time.'));
    }, callTimeoutMs);
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax * discardFactor) return settle();
      if (refusal) return;
      try {
        take(chunk.length);
      } catch (error) {
        return refuse(error as Error);
      }
      chunks.push(chunk);
      // The length that a frame announces is believed as soon as it is there.
      if (announced === undefined && bytes >= 5) announced = Buffer.concat(chunks).readUInt32BE(1);
      if (bytes > bytesMax + 5 || (announced ?? 0) > bytesMax) refuse(tooLarge(bytesMax));
    });
    stream.on('end', () => settle());
    stream.on('close', () => settle(new UnreadableMessage(grpcStatus.invalidArgument, 'The client went away.')));
  });
}

function tooLarge(bytesMax: number): UnreadableMessage {
  return new UnreadableMessage(grpcStatus.resourceExhausted, `The message is larger than ${bytesMax} bytes.`);
}

function respond(stream: ServerHttp2Stream, status: number, statusMessage: string, message?: Buffer): void {
  if (stream.destroyed || stream.closed) return;
  const trailers = {
    'grpc-status': String(status),
    ...(statusMessage ? { 'grpc-message': encodeURIComponent(statusMessage) } : {}),
  };
  const headers = { ':status': 200, 'content-type': 'application/grpc' };
  if (!message) {
    stream.respond({ ...headers, ...trailers }, { endStream: true });
    if (!stream.readableEnded) setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.respond(headers, { waitForTrailers: true });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}
