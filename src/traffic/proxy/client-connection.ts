import type { Socket } from 'node:net';
import { BodyReader } from './body-reader.ts';
import { errorPage, type OwnResponse, writeOwnResponse } from './error-page.ts';
import { Exchange } from './exchange.ts';
import { HttpSyntaxError, parseRequestHead, type RequestHead, requestHeadBytesMax } from './http1-head.ts';
import type { FoundListener, ProxyContext } from './proxy-context.ts';
import { redirectResponse } from './redirect.ts';
import { type BalancerRoute, type ListenerRoute, matchRule, type RoutingTable } from './routing-table.ts';

const idleTimeoutDefaultMs = 60_000;
/** How long a connection that we gave up is read on, so that the client sees our answer and not a reset. */
const lingerMs = 2000;
const headEnd = Buffer.from('\r\n\r\n');

/** One client's connection: finds the requests in it, one after the other, and says who answers each. */
export class ClientConnection {
  readonly socket: Socket;
  readonly clientAddress: string;
  readonly clientPort: number;
  private readonly context: ProxyContext;
  /** Bytes that are not interpreted yet: part of a head, or the next request while one is being answered. */
  private pending: Buffer | undefined;
  private exchange: Exchange | undefined;
  private requestBody: BodyReader | undefined;
  private lastActivityMs: number;
  private headStartedAtMs: number | undefined;
  private readonly openedAtMs: number;
  private lingering = false;
  private consuming = false;
  /** Where the part of the request begins that is neither head nor body already sent. */
  private bodyStart = 0;
  private found: FoundListener | undefined;
  private foundHost = '';
  private foundIn: RoutingTable | undefined;
  balancer: BalancerRoute | undefined;

  constructor(socket: Socket, context: ProxyContext) {
    this.socket = socket;
    this.context = context;
    this.clientAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.clientPort = socket.remotePort ?? 0;
    this.openedAtMs = this.lastActivityMs = context.clock.monotonicMs();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.exchange?.onClientDrain());
    socket.on('end', () => this.onClosed());
    socket.on('error', () => this.onClosed());
    socket.on('close', () => {
      this.onClosed();
      context.onConnectionClosed(this);
    });
  }

  touch(): void {
    this.lastActivityMs = this.context.clock.monotonicMs();
  }

  get idle(): boolean {
    return this.exchange === undefined && this.pending === undefined;
  }

  private onData(chunk: Buffer): void {
    this.touch();
    if (this.lingering) return;
    if (this.exchange?.tunnelling) {
      this.exchange.onTunnelData(chunk);
      return;
    }
    const bytes = this.pending ? Buffer.concat([this.pending, chunk]) : chunk;
    this.pending = undefined;
    this.consume(bytes);
  }

  private consume(bytes: Buffer): void {
    this.consuming = true;
    let at = 0;
    try {
      while (at < bytes.length && !this.lingering && !this.socket.destroyed) {
        if (this.exchange) {
          if (this.requestBody?.done !== false) break;
          at = this.feedBody(bytes, at);
          continue;
        }
        const next = this.readRequest(bytes, at);
        if (next === undefined) break;
        at = next;
      }
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.refuse(error.status);
      return;
    } finally {
      this.consuming = false;
    }
    if (at < bytes.length && !this.lingering) this.keepPending(bytes.subarray(at));
  }

  private feedBody(bytes: Buffer, at: number): number {
    const body = this.requestBody!;
    const end = body.feed(bytes, at);
    this.exchange!.onRequestBody(bytes.subarray(at, end), body.done);
    return end;
  }

  private keepPending(bytes: Buffer): void {
    this.pending = bytes;
    // The next request waits its turn; its sender is not read on meanwhile.
    if (this.exchange) this.socket.pause();
    else this.headStartedAtMs ??= this.context.clock.monotonicMs();
  }

  /** Index after the head and the first of its body; undefined when the head is not complete yet. */
  private readRequest(bytes: Buffer, from: number): number | undefined {
    let start = from;
    // An empty line before a request is old clients' habit, and harmless.
    while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2;
    const end = bytes.indexOf(headEnd, start);
    if (end < 0 || end - start > requestHeadBytesMax) {
      if (bytes.length - start > requestHeadBytesMax) throw new HttpSyntaxError(400, 'head too large');
      return start === bytes.length ? start : undefined;
    }
    this.headStartedAtMs = undefined;
    const head = parseRequestHead(bytes.toString('latin1', start, end));
    this.requestBody = new BodyReader(head.framing);
    this.route(head, bytes, end + 4);
    return this.bodyStart;
  }

  private route(head: RequestHead, bytes: Buffer, bodyAt: number): void {
    this.bodyStart = bodyAt;
    const found = this.findListener(head);
    if (!found) {
      const body = this.context.foreignHostPage(head);
      this.answer(head, { status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body });
      return;
    }
    const { listener, hostName } = found;
    if (this.balancer !== listener.balancer) {
      this.balancer = listener.balancer;
      this.context.access.newConnection(listener.balancer);
    }
    if (head.method === 'TRACE') {
      this.answerOwn(head, listener, errorPage(405), 'none');
      return;
    }
    const { clientAddress } = this;
    const { method, path, query, headers, lowerNames } = head;
    const { action } = matchRule(listener, { method, hostName, path, query, headers, lowerNames, clientAddress });
    switch (action.type) {
      case 'forward': {
        this.exchange = new Exchange(this, this.context, { head, listener, hostName, action });
        this.bodyStart = this.requestBody!.feed(bytes, bodyAt);
        this.exchange.begin(bytes.subarray(bodyAt, this.bodyStart), this.requestBody!.done);
        return;
      }
      case 'redirect': {
        const reachable = (scheme: string, host: string, port: number) =>
          this.context.reachable(listener, scheme, host, port);
        const { port, scheme } = listener;
        const response = redirectResponse(action.config, { scheme, hostName, port, path, query, reachable });
        this.answerOwn(head, listener, response, 'redirect');
        return;
      }
      case 'fixed-response': {
        const contentType = action.config.ContentType ?? 'text/plain';
        const body = action.config.MessageBody ?? '';
        const response = { status: Number(action.config.StatusCode), headers: { 'Content-Type': contentType }, body };
        this.answerOwn(head, listener, response, 'fixed-response');
        return;
      }
      case 'unavailable':
        this.answerOwn(head, listener, errorPage(503), 'none');
        return;
    }
  }

  /** A connection's requests are nearly always for one Host: it is looked up again only when the routing has changed. */
  private findListener(head: RequestHead): FoundListener | undefined {
    const routing = this.context.routing();
    if (this.found && this.foundHost === head.host && this.foundIn === routing) return this.found;
    this.found = this.context.findListener(head);
    this.foundHost = head.host;
    this.foundIn = routing;
    return this.found;
  }

  private answerOwn(
    head: RequestHead,
    listener: ListenerRoute,
    response: OwnResponse,
    action: 'redirect' | 'fixed-response' | 'none',
  ): void {
    const { balancer } = listener;
    this.context.access.record({ balancer, elbStatus: response.status, action, processedBytes: response.body.length });
    this.answer(head, response);
  }

  /** Gives our own answer. The connection stays only if nothing of the request is still to come. */
  answer(head: RequestHead, response: OwnResponse): void {
    const keepAlive = head.keepAlive && this.requestBody!.done && !this.context.stopping();
    this.exchange = undefined;
    const options = { date: this.context.httpDate(), keepAlive, withBody: head.method !== 'HEAD' };
    this.socket.write(writeOwnResponse(response, options));
    if (keepAlive) this.next();
    else this.linger();
  }

  /** A request that cannot be read: nothing after it can be trusted either. */
  private refuse(status: number): void {
    if (this.exchange?.answering) {
      this.cut();
      return;
    }
    const { exchange, balancer } = this;
    this.exchange = undefined;
    if (exchange) exchange.abandon(status);
    else if (balancer) {
      this.context.access.record({ balancer, elbStatus: status, action: 'none', processedBytes: 0 });
    }
    const options = { date: this.context.httpDate(), keepAlive: false, withBody: true };
    this.socket.write(writeOwnResponse(errorPage(status), options));
    this.linger();
  }

  /** The exchange is over; the client's connection goes on if both sides want it to. */
  exchangeDone(keepAlive: boolean): void {
    this.exchange = undefined;
    if (keepAlive && this.requestBody!.done) this.next();
    else this.linger();
  }

  /** Whether this connection may be used after the current answer. */
  mayKeepAlive(head: RequestHead, balancer: BalancerRoute): boolean {
    const ageMs = this.lastActivityMs - this.openedAtMs;
    return head.keepAlive && this.requestBody!.done && ageMs < balancer.clientKeepAliveMs && !this.context.stopping();
  }

  private next(): void {
    // While consume() is on the stack it goes on by itself with what follows.
    if (this.consuming) return;
    const bytes = this.pending;
    this.pending = undefined;
    if (this.socket.isPaused()) this.socket.resume();
    if (bytes) this.consume(bytes);
  }

  private linger(): void {
    this.lingering = true;
    this.pending = undefined;
    this.touch();
    this.socket.end();
    this.socket.resume();
  }

  /** Ends without ceremony: the client must see that the answer is not whole. */
  cut(): void {
    this.exchange?.abandon(undefined);
    this.exchange = undefined;
    this.socket.resetAndDestroy();
  }

  private onClosed(): void {
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.onClientClosed();
    if (!this.lingering) this.socket.destroy();
  }

  /** Enforces time-outs; called about twice a second. */
  sweep(nowMs: number): void {
    const idleMs = nowMs - this.lastActivityMs;
    if (this.lingering) {
      if (idleMs >= lingerMs) this.socket.destroy();
      return;
    }
    const limitMs = this.balancer?.idleTimeoutMs ?? idleTimeoutDefaultMs;
    if (this.exchange) {
      if (this.exchange.connectExpired(nowMs)) this.exchange.onConnectExpired();
      else if (idleMs >= limitMs) this.exchange.onIdle(this.requestBody!.done);
    } else if (this.headStartedAtMs !== undefined && nowMs - this.headStartedAtMs >= limitMs) {
      // From its first byte, or a head could be trickled in for ever.
      this.refuse(408);
    } else if (idleMs >= limitMs) this.socket.destroy();
  }
}
