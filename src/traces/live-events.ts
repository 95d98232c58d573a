import type { ServerResponse } from 'node:http';

const clientsMax = 200;
const coalesceMs = 1000;

/** Tells open pages that something new has been stored: at most once a second, however much it is. */
export class LiveEvents {
  private readonly clients = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private pendingTraces = 0;

  /** Server-sent events until the page goes away. */
  serve(response: ServerResponse): void {
    if (this.clients.size >= clientsMax) {
      response.writeHead(503, { 'retry-after': '10' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': new traces are announced here\n\n');
    this.clients.add(response);
    response.on('close', () => this.clients.delete(response));
  }

  stored(traceCount: number): void {
    this.pendingTraces += traceCount;
    this.timer ??= setTimeout(() => this.announce(), coalesceMs);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const client of this.clients) client.end();
    this.clients.clear();
  }

  private announce(): void {
    this.timer = undefined;
    const message = `event: stored\ndata: ${JSON.stringify({ traces: this.pendingTraces })}\n\n`;
    this.pendingTraces = 0;
    for (const client of this.clients) {
      // A page that does not read misses the announcement, not the data.
      if (client.writableLength < 65_536) client.write(message);
    }
  }
}
