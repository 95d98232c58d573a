import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
/** Any key is taken on loopback; the scope names service and region. */
const authorization = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;

export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly ms: number;
}

/** A call over a kept connection, as an SDK would make it, with the time until its last byte. */
export function post(url: string, body: string | Buffer, headers: Record<string, string>): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const request = http.request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), ms: performance.now() - startedMs });
      });
    });
    request.end(body);
  });
}

/** An X-Ray operation: `path` is its name in the URL, `/TraceSummaries` for GetTraceSummaries. */
export async function callXray(endpoint: string, path: string, input: object): Promise<{ output: any; ms: number }> {
  const answer = await post(`${endpoint}${path}`, JSON.stringify(input), {
    'content-type': 'application/json',
    authorization: authorization('xray'),
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.subarray(0, 500)}`);
  return { output: JSON.parse(answer.body.toString()), ms: answer.ms };
}

/** A CloudWatch Logs operation. */
export async function callLogs(endpoint: string, operation: string, input: object | Buffer): Promise<ApiAnswer> {
  const answer = await post(endpoint, Buffer.isBuffer(input) ? input : JSON.stringify(input), {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `Logs_20140328.${operation}`,
    authorization: authorization('logs'),
  });
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.status}: ${answer.body.subarray(0, 500)}`);
  return answer;
}

export const closeConnections = (): void => agent.destroy();
