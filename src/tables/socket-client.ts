import { Agent, type IncomingMessage, request } from 'node:http';
import type { RawResponse } from '../wire/aws/service-table.ts';

/** The child did not answer. `beforeSending`: it cannot have seen the request. */
export class ConnectionLostError extends Error {
  readonly beforeSending: boolean;

  constructor(beforeSending: boolean) {
    super('the table process did not answer');
    this.beforeSending = beforeSending;
  }
}

const RESPONSE_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 32;

/**
 * Speaks to one dynalite over its unix socket. A request that has begun is always sent to its end, even when our own
 * caller has gone: a reset in the middle of a body would end the child.
 */
export class SocketClient {
  private readonly socketPath: string;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  send(operation: string, body: Buffer, now: Date): Promise<RawResponse> {
    return new Promise((resolve, reject) => {
      const call = request({
        agent: this.agent,
        socketPath: this.socketPath,
        method: 'POST',
        path: '/',
        timeout: RESPONSE_TIMEOUT_MS,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'content-length': body.length,
          'x-amz-target': `DynamoDB_20120810.${operation}`,
          // Dynalite wants to see a signature and does not verify it; the gateway has.
          'x-amz-date': now.toISOString().replace(/[-:]|\.\d{3}/g, ''),
          authorization: 'AWS4-HMAC-SHA256 Credential=hatoba, SignedHeaders=host, Signature=verified',
        },
      });
      call.on('response', (response) => readResponse(response).then(resolve, reject));
      call.on('timeout', () => call.destroy());
      call.on('error', (error: NodeJS.ErrnoException) => {
        reject(new ConnectionLostError(error.code === 'ECONNREFUSED' || error.code === 'ENOENT'));
      });
      call.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function readResponse(response: IncomingMessage): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', () => reject(new ConnectionLostError(false)));
    response.on('end', () => {
      const headers: Record<string, string> = {
        'content-type': response.headers['content-type'] ?? 'application/x-amz-json-1.0',
      };
      // SDKs compare it with the body.
      const checksum = response.headers['x-amz-crc32'];
      if (typeof checksum === 'string') headers['x-amz-crc32'] = checksum;
      resolve({ status: response.statusCode ?? 500, headers, body: Buffer.concat(chunks) });
    });
  });
}
