import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** gRPC's status codes, as far as they are used here. */
export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
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

const unzip = promisify(gunzip);
const callTimeoutMs = 30_000;

/** A server for unary calls over cleartext HTTP/2. `bytesMax` holds for a message as sent and inflated. */
export function createGrpcServer(handle: GrpcHandler, bytesMax: number): Http2Server {
  const server = createServer({ maxSessionMemory: 64, settings: { maxConcurrentStreams: 100 } });
  server.on('session', (session) => session.on('error', () => session.destroy()));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    stream.setTimeout(callTimeoutMs, () => stream.close());
    answer(stream, headers, handle, bytesMax).catch(() => stream.destroy());
  });
  return server;
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handle: GrpcHandler,
  bytesMax: number,
): Promise<void> {
  if (!headers['content-type']?.startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true });
    return;
  }
  try {
    const message = await readMessage(stream, String(headers['grpc-encoding'] ?? 'identity'), bytesMax);
    respond(stream, grpcStatus.ok, '', await handle(String(headers[':path']), message));
  } catch (error) {
    const status = error instanceof GrpcError ? error.status : grpcStatus.internal;
    respond(stream, status, error instanceof GrpcError ? error.message : 'Internal error.');
  }
}

async function readMessage(stream: ServerHttp2Stream, encoding: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > bytesMax + 5) throw new GrpcError(grpcStatus.resourceExhausted, 'The message is too large.');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5) {
    throw new GrpcError(grpcStatus.invalidArgument, 'The body is not one whole message.');
  }
  const message = body.subarray(5);
  if (body[0] === 0) return message;
  if (encoding !== 'gzip') throw new GrpcError(grpcStatus.unimplemented, `Encoding ${encoding} is not supported.`);
  try {
    return await unzip(message, { maxOutputLength: bytesMax });
  } catch {
    throw new GrpcError(grpcStatus.invalidArgument, 'The message cannot be inflated.');
  }
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
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.respond(headers, { waitForTrailers: true });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}
