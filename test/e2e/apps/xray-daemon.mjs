// A program that behaves as aws-xray-daemon does: segments by UDP in batches of 50, sent on after a second of quiet; its
// own records every minute once it has seen a segment; every other call on its TCP port signed and passed on. ENDPOINT says
// where, the keys come from the environment. Prints `listening on PORT`, and what it counted when it is told to end.
import { createHash } from 'node:crypto';
import dgram from 'node:dgram';
import http from 'node:http';
import { XRay } from '@aws-sdk/client-xray';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';

const endpoint = new URL(process.env.ENDPOINT);
const region = process.env.AWS_REGION ?? 'us-east-1';
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
};
const recordsEveryMs = Number(process.env.RECORDS_EVERY_MS ?? 60_000);
const batchMax = 50;
const idleMs = 1000;

const xray = new XRay({
  endpoint: endpoint.href,
  region,
  credentials,
  maxAttempts: 1,
  customUserAgent: 'xray-agent/xray-daemon/3.6.6',
});
const counts = { received: 0, sent: 0, spilled: 0, rejected: 0, batches: [], records: 0, errors: [] };

let waiting = [];
let timer;
const sending = new Set();

/** Each batch is one call; one that fails is lost, as with the real one. */
function flush() {
  clearTimeout(timer);
  const documents = waiting;
  waiting = [];
  if (documents.length === 0) return;
  counts.batches.push(documents.length);
  const call = xray
    .putTraceSegments({ TraceSegmentDocuments: documents })
    .then(({ UnprocessedTraceSegments = [] }) => {
      counts.rejected += UnprocessedTraceSegments.length;
      counts.sent += documents.length - UnprocessedTraceSegments.length;
    })
    .catch((error) => counts.errors.push(`PutTraceSegments ${error.name}`))
    .finally(() => sending.delete(call));
  sending.add(call);
}

const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.on('message', (datagram) => {
  counts.received += 1;
  const newline = datagram.indexOf(10);
  const document = newline < 0 ? '' : datagram.toString('utf8', newline + 1);
  let header;
  try {
    header = JSON.parse(datagram.toString('utf8', 0, Math.max(0, newline)));
  } catch {
    header = undefined;
  }
  if (document === '' || String(header?.format).toLowerCase() !== 'json' || header.version !== 1) {
    counts.rejected += 1;
    return;
  }
  waiting.push(document);
  if (waiting.length >= batchMax) return flush();
  clearTimeout(timer);
  timer = setTimeout(flush, idleMs);
});

const records = setInterval(async () => {
  if (counts.received === 0) return;
  const record = {
    Timestamp: new Date(),
    SegmentsReceivedCount: counts.received,
    SegmentsSentCount: counts.sent,
    SegmentsSpilloverCount: counts.spilled,
    SegmentsRejectedCount: counts.rejected,
    BackendConnectionErrors: {
      TimeoutCount: 0,
      ConnectionRefusedCount: 0,
      HTTPCode4XXCount: counts.errors.length,
      HTTPCode5XXCount: 0,
      UnknownHostCount: 0,
      OtherCount: 0,
    },
  };
  try {
    await xray.putTelemetryRecords({ TelemetryRecords: [record], EC2InstanceId: '', Hostname: '', ResourceARN: '' });
    counts.records += 1;
  } catch (error) {
    counts.errors.push(`PutTelemetryRecords ${error.name}`);
  }
}, recordsEveryMs);

const signer = new SignatureV4({ service: 'xray', region, credentials, sha256: Hash.bind(null, 'sha256') });

/** Signed in the daemon's own name, whatever path it is. */
const proxy = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const contentType = request.headers['content-type'];
  const signed = await signer.sign({
    method: request.method,
    protocol: 'http:',
    hostname: endpoint.hostname,
    port: Number(endpoint.port),
    path: request.url,
    query: {},
    headers: {
      host: endpoint.host,
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
      'x-amzn-xray-timestamp': (Date.now() / 1000).toFixed(9),
      ...(contentType ? { 'content-type': contentType } : {}),
    },
    body,
  });
  const onwards = http.request(
    {
      host: endpoint.hostname,
      port: endpoint.port,
      method: request.method,
      path: request.url,
      headers: signed.headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    },
  );
  onwards.on('error', () => response.writeHead(502).end());
  onwards.end(body);
});

/** UDP and TCP of one number, as the daemon has. */
function listen() {
  proxy.listen(0, '127.0.0.1', () => {
    const { port } = proxy.address();
    socket.once('error', () => proxy.close(listen));
    socket.bind(port, '127.0.0.1', () => console.log(`listening on ${port}`));
  });
}
listen();

process.on('SIGTERM', async () => {
  clearInterval(records);
  flush();
  await Promise.all(sending);
  console.log(JSON.stringify(counts));
  process.exit(0);
});
