import { randomBytes } from 'node:crypto';
import { PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';

const documentsPerCall = 250;
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** Sends segment documents as an SDK would, for one account. */
export async function putSegments(url: string, account: string, documents: readonly object[]): Promise<void> {
  const client = new XRayClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: account, secretAccessKey: 'test' },
  });
  for (let at = 0; at < documents.length; at += documentsPerCall) {
    const part = documents.slice(at, at + documentsPerCall).map((document) => JSON.stringify(document));
    const answer = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: part }));
    const refused = answer.UnprocessedTraceSegments ?? [];
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused[0])}`);
  }
}

interface Request {
  startSeconds: number;
  seconds: number;
  fault: boolean;
  url?: string;
}

/** One request: web calls api, which writes to the table orders. A fault begins at the table. */
function requestDocuments({ startSeconds: t, seconds, fault, url = 'http://shop/checkout' }: Request): object[] {
  const traceId = `1-${Math.floor(t).toString(16)}-${hex(12)}`;
  const [callOfApi, callOfTable] = [hex(8), hex(8)];
  const response = { status: fault ? 500 : 200 };
  const failed = fault ? { fault: true } : {};
  const http = { request: { method: 'GET', url }, response };
  return [
    {
      name: 'web',
      id: hex(8),
      trace_id: traceId,
      start_time: t,
      end_time: t + seconds + 0.02,
      http,
      ...failed,
      annotations: { plan: Math.floor(t) % 3 === 0 ? 'pro' : 'free' },
      subsegments: [
        {
          name: 'api',
          id: callOfApi,
          namespace: 'remote',
          start_time: t + 0.01,
          end_time: t + seconds,
          ...failed,
          http,
        },
      ],
    },
    {
      name: 'api',
      id: hex(8),
      parent_id: callOfApi,
      trace_id: traceId,
      start_time: t + 0.011,
      end_time: t + seconds - 0.001,
      ...failed,
      subsegments: [
        {
          name: 'orders',
          id: callOfTable,
          namespace: 'aws',
          start_time: t + 0.012,
          end_time: t + seconds - 0.002,
          aws: { operation: 'PutItem', table_name: 'orders' },
          ...failed,
        },
      ],
    },
  ];
}

/** An hour of a shop in good health, which fails more often than not for the last minutes: an insight. */
export function failingShop(nowSeconds: number): object[] {
  const perMinute = 12;
  const failingMinutes = 7;
  return Array.from({ length: 65 * perMinute }, (_, index) => {
    const secondsAgo = 2 + (index / perMinute) * 60;
    const fault = secondsAgo < failingMinutes * 60 && index % 3 !== 0;
    return requestDocuments({ startSeconds: nowSeconds - secondsAgo, seconds: 0.05, fault });
  }).flat();
}

/** Ten minutes of a shop that was quick in the first half, and is slow in the second. */
export function slowerShop(nowSeconds: number): object[] {
  return Array.from({ length: 120 }, (_, index) => {
    const secondsAgo = 2 + index * 5;
    const seconds = secondsAgo < 300 ? 1.2 : 0.05;
    const url = index % 4 === 0 ? 'http://shop/cart' : 'http://shop/checkout';
    return requestDocuments({ startSeconds: nowSeconds - secondsAgo, seconds, fault: index === 7, url });
  }).flat();
}

/**
 * A tree of services, each of which calls three others; every hundredth fails. Calls beyond those of the tree lead across
 * it, never back, and each goes where no other goes.
 */
export function largeMap(count: number, nowSeconds: number, calls = count - 1): object[] {
  const seconds = Math.floor(nowSeconds - 60).toString(16);
  const half = Math.floor(count / 2);
  return Array.from({ length: calls }, (_, index) => {
    const inTree = index < count - 1;
    const caller = inTree ? Math.floor(index / 3) : index % half;
    const callee = inTree ? index + 1 : half + ((index * 11 + Math.floor(index / half)) % half);
    const traceId = `1-${seconds}-${hex(12)}`;
    const call = hex(8);
    const times = { start_time: nowSeconds - 60, end_time: nowSeconds - 59.9 };
    const failed = callee % 100 === 5 ? { fault: true } : {};
    const subsegments = [{ name: `svc-${callee}`, id: call, namespace: 'remote', ...times, ...failed }];
    return [
      { name: `svc-${caller}`, id: hex(8), trace_id: traceId, parent_id: hex(8), ...times, subsegments },
      { name: `svc-${callee}`, id: hex(8), trace_id: traceId, parent_id: call, ...times, ...failed },
    ];
  }).flat();
}
