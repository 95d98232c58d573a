import http from 'node:http';

export interface TrafficReport {
  sent: number;
  answered: number;
  failed: number;
  /** Requests for /api/ whose answer says that the bff sampled them. */
  sampled: number;
  lastError: string;
}

const requestTimeoutMs = 20_000;

export interface Edge {
  readonly port: number;
  /** The load balancer's name, sent as Host. */
  readonly host: string;
}

/** Resolves when `path` answers 200 for the first time, or `signal` aborts: targets are healthy a moment after their tasks run. */
export async function untilAnswered(edge: Edge, path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const status = await new Promise<number>((resolve) => {
      const request = http.get({
        host: '127.0.0.1',
        port: edge.port,
        path,
        // Refusals of tasks that are still starting are nobody's incident: not on the map.
        headers: { host: edge.host, 'x-amzn-trace-id': 'Sampled=0' },
        agent: false,
        timeout: requestTimeoutMs,
        signal,
      });
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(0));
      request.on('close', () => resolve(0));
    });
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * Steady requests to the load balancer: /api/ as the page does it, and now and then the page itself. Slow answers do
 * not slow the rhythm down until 50 requests are under way.
 */
export function startTraffic(edge: Edge, requestsPerSecond: number) {
  const report: TrafficReport = { sent: 0, answered: 0, failed: 0, sampled: 0, lastError: '' };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
  let underWay = 0;
  let turn = 0;
  const send = (path: string) => {
    if (underWay >= 50) return;
    underWay += 1;
    report.sent += 1;
    // `Sampled=?` asks the first traced service to tell its decision in its answer.
    const headers = { host: edge.host, ...(path === '/api/' && { 'x-amzn-trace-id': 'Sampled=?' }) };
    const request = http.get({ host: '127.0.0.1', port: edge.port, path, headers, agent, timeout: requestTimeoutMs });
    const settle = (error?: Error) => {
      if (settled) return;
      settled = true;
      underWay -= 1;
      if (error) {
        report.failed += 1;
        report.lastError = error.message;
      }
    };
    let settled = false;
    request.on('response', (response) => {
      response.resume();
      response.on('error', settle);
      response.on('end', () => {
        if (response.statusCode !== 200) return settle(new Error(`${path} answered ${response.statusCode}`));
        report.answered += 1;
        if (/Sampled=1/.test(String(response.headers['x-amzn-trace-id'] ?? ''))) report.sampled += 1;
        settle();
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
    request.on('error', settle);
  };
  const timer = setInterval(() => {
    turn += 1;
    send(turn % 10 === 0 ? '/' : '/api/');
  }, 1000 / requestsPerSecond);
  return {
    report,
    /** Stops sending and waits for what is under way, for at most `graceMs`. */
    async stop(graceMs = 8_000): Promise<void> {
      clearInterval(timer);
      for (let waitedMs = 0; underWay > 0 && waitedMs < graceMs; waitedMs += 50) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      agent.destroy();
    },
  };
}
