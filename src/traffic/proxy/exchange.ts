import { BodyReader } from './body-reader.ts';
import { chooseGroup, chooseTarget } from './choose-target.ts';
import type { ClientConnection } from './client-connection.ts';
import { errorPage } from './error-page.ts';
import {
  HttpSyntaxError,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
  responseHeadBytesMax,
} from './http1-head.ts';
import type { LiveTarget } from './live-target.ts';
import type { ProxyContext } from './proxy-context.ts';
import { forwardedHost, forwardedRequestHead, forwardedResponseHead } from './rewrite-head.ts';
import type { CompiledAction, GroupRoute, ListenerRoute } from './routing-table.ts';
import { readStickyTarget, stickyGroup, stickyLines } from './stickiness.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-pool.ts';

const connectTimeoutMs = 10_000;
const headEnd = Buffer.from('\r\n\r\n');
const nothing = Buffer.alloc(0);

export interface ExchangeFacts {
  readonly head: RequestHead;
  readonly listener: ListenerRoute;
  /** The balancer's name as the client wrote it, without port. */
  readonly hostName: string;
  readonly action: Extract<CompiledAction, { type: 'forward' }>;
}

/** One request on its way to a target and its answer on the way back. */
export class Exchange implements UpstreamUser {
  /** After a 101: bytes go both ways, unread. */
  tunnelling = false;
  /** Bytes of an answer have gone to the client: from now on an error can only be told by cutting. */
  answering = false;
  private readonly client: ClientConnection;
  private readonly context: ProxyContext;
  private readonly facts: ExchangeFacts;
  private group: GroupRoute | undefined;
  private target: LiveTarget | undefined;
  private connection: UpstreamConnection | undefined;
  /** Request bytes that wait for the connection; undefined once they are sent. */
  private held: Buffer[] | undefined;
  private requestDone = false;
  private retried = false;
  private connectBeforeMs = 0;
  private sentAtMs = 0;
  private targetResponseMs: number | undefined;
  private partialHead: Buffer | undefined;
  private responseHead: ResponseHead | undefined;
  private responseBody: BodyReader | undefined;
  private keepAlive = false;
  private excessBytes = false;
  private processedBytes = 0;
  private finished = false;

  constructor(client: ClientConnection, context: ProxyContext, facts: ExchangeFacts) {
    this.client = client;
    this.context = context;
    this.facts = facts;
  }

  /** Sends the request with the part of its body that came along. Throws HttpSyntaxError before anything was sent. */
  begin(firstBody: Buffer, requestDone: boolean): void {
    this.requestDone = requestDone;
    const { action, head, listener, hostName } = this.facts;
    const { balancer, port, scheme } = listener;
    this.group = stickyGroup(action, head) ?? chooseGroup(action.choices, Math.random());
    if (!this.group) {
      this.fail(503);
      return;
    }
    const text = forwardedRequestHead(head, {
      balancer,
      listenerPort: port,
      scheme,
      host: forwardedHost(head.host, hostName, port, balancer.preserveHost),
      clientAddress: this.client.clientAddress,
      clientPort: this.client.clientPort,
      epochSeconds: Math.floor(this.context.clock.now().getTime() / 1000),
    });
    this.held = [joinHead(text, firstBody)];
    this.attempt(readStickyTarget(this.group, head, this.context.clock.now()));
  }

  private attempt(preferred: LiveTarget | undefined, except?: LiveTarget): void {
    const nowMs = this.context.clock.monotonicMs();
    const group = this.group!;
    const turn = this.context.turn(group);
    const target = preferred ?? chooseTarget(group, { turn, random: Math.random(), nowMs, except });
    if (!target) {
      this.fail(except ? 502 : 503);
      return;
    }
    this.target = target;
    target.inFlight += 1;
    this.connectBeforeMs = nowMs + connectTimeoutMs;
    this.connection = target.pool.take(this, nowMs);
    if (this.connection.connected) this.onConnected();
  }

  onConnected(): void {
    const [first = nothing, ...others] = this.held ?? [];
    this.held = undefined;
    this.sentAtMs = this.context.clock.monotonicMs();
    const bytes = others.length === 0 ? first : Buffer.concat([first, ...others]);
    this.processedBytes += bytes.length;
    if (this.connection!.socket.write(bytes)) this.resumeClient();
    else this.client.socket.pause();
  }

  onRequestBody(bytes: Buffer, done: boolean): void {
    this.requestDone = done;
    if (this.held) {
      this.held.push(bytes);
      this.client.socket.pause();
      return;
    }
    this.processedBytes += bytes.length;
    if (this.connection && !this.connection.socket.write(bytes)) this.client.socket.pause();
  }

  onDrain(): void {
    this.resumeClient();
  }

  onClientDrain(): void {
    this.connection?.socket.resume();
  }

  private resumeClient(): void {
    if ((!this.requestDone || this.tunnelling) && this.client.socket.isPaused()) this.client.socket.resume();
  }

  onTunnelData(bytes: Buffer): void {
    this.processedBytes += bytes.length;
    if (this.connection && !this.connection.socket.write(bytes)) this.client.socket.pause();
  }

  onData(chunk: Buffer): void {
    this.client.touch();
    this.processedBytes += chunk.length;
    if (this.tunnelling) {
      this.toClient(Buffer.from(chunk));
      return;
    }
    if (this.responseHead) {
      this.passBody(chunk, 0, nothing);
      return;
    }
    const bytes = this.partialHead ? Buffer.concat([this.partialHead, chunk]) : chunk;
    this.partialHead = undefined;
    try {
      this.readHead(bytes);
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.fail(502);
    }
  }

  private readHead(bytes: Buffer): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(headEnd, start);
      if (end < 0 || end - start > responseHeadBytesMax) {
        if (bytes.length - start > responseHeadBytesMax) throw new HttpSyntaxError(502, 'response head too large');
        if (start < bytes.length) this.partialHead = Buffer.from(bytes.subarray(start));
        return;
      }
      const head = parseResponseHead(bytes.toString('latin1', start, end), this.facts.head.method);
      start = end + 4;
      if (head.status >= 200 || head.status === 101) {
        this.beginResponse(head, bytes, start);
        return;
      }
      // Interim answers (100, 103) pass on to those who can read them.
      if (this.facts.head.minorVersion === 1) {
        const answering = { keepAlive: true, clientMinorVersion: 1, extraLines: '' } as const;
        this.toClient(Buffer.from(forwardedResponseHead(head, answering), 'latin1'));
      }
    }
  }

  private beginResponse(head: ResponseHead, bytes: Buffer, bodyAt: number): void {
    const { facts } = this;
    if (head.status === 101 && facts.head.upgrade === undefined) throw new HttpSyntaxError(502, 'unasked upgrade');
    const clientMinorVersion = facts.head.minorVersion;
    const dechunk = clientMinorVersion === 0 && head.framing.kind === 'chunked';
    this.targetResponseMs = this.context.clock.monotonicMs() - this.sentAtMs;
    this.responseHead = head;
    this.keepAlive =
      this.client.mayKeepAlive(facts.head, facts.listener.balancer) && head.framing.kind !== 'until-close' && !dechunk;
    const extraLines = stickyLines(facts.action, this.group!, this.target!, head, this.context.clock.now());
    const answering = { keepAlive: this.keepAlive, clientMinorVersion, extraLines };
    const headBytes = forwardedResponseHead(head, answering);
    this.answering = true;
    if (head.status === 101) {
      this.tunnelling = true;
      this.toClient(joinHead(headBytes, bytes.subarray(bodyAt)));
      this.resumeClient();
      return;
    }
    this.responseBody = new BodyReader(head.framing, dechunk ? (data) => this.toClient(Buffer.from(data)) : undefined);
    if (dechunk) this.toClient(Buffer.from(headBytes, 'latin1'));
    this.passBody(bytes, bodyAt, dechunk ? undefined : headBytes);
  }

  /** `prefix` is what goes out before the body; undefined when the reader itself hands the payload out. */
  private passBody(bytes: Buffer, at: number, prefix: string | Buffer | undefined): void {
    const body = this.responseBody!;
    let end: number;
    try {
      end = body.feed(bytes, at);
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.client.cut();
      return;
    }
    const dechunked = prefix === undefined || this.dechunks();
    if (!dechunked) {
      const part = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
      this.toClient(joinHead(typeof prefix === 'string' ? prefix : '', part));
    }
    this.excessBytes = end < bytes.length;
    if (body.done) this.finish();
  }

  private dechunks(): boolean {
    return this.facts.head.minorVersion === 0 && this.responseHead!.framing.kind === 'chunked';
  }

  private toClient(bytes: Buffer): void {
    if (bytes.length > 0 && !this.client.socket.write(bytes)) this.connection?.socket.pause();
  }

  private finish(): void {
    const { connection, target, keepAlive } = this;
    this.record(undefined);
    this.connection = undefined;
    if (connection && target) {
      const reusable = this.responseHead!.keepAlive && this.requestDone && !this.excessBytes;
      if (reusable) {
        if (connection.socket.isPaused()) connection.socket.resume();
        const nowMs = this.context.clock.monotonicMs();
        target.pool.release(connection, nowMs, this.responseHead!.keepAliveTimeoutSeconds);
      } else target.pool.discard(connection);
    }
    this.leaveTarget();
    this.client.exchangeDone(keepAlive);
  }

  onClosed(clean: boolean): void {
    const { connection } = this;
    if (connection) this.target?.pool.discard(connection);
    this.connection = undefined;
    if (this.tunnelling) {
      this.endTunnel();
      return;
    }
    if (this.responseHead) {
      if (clean && this.responseHead.framing.kind === 'until-close') {
        this.finish();
        return;
      }
      this.client.cut();
      return;
    }
    if (connection && !connection.connected) {
      this.onConnectFailed();
      return;
    }
    this.fail(502);
  }

  private endTunnel(): void {
    this.record(undefined);
    this.leaveTarget();
    this.client.exchangeDone(false);
  }

  /** Nothing was sent yet, so another target may be asked, once; after that the client is told. */
  private onConnectFailed(): void {
    const failed = this.target;
    this.leaveTarget();
    this.context.access.targetConnectionError(this.facts.listener.balancer, this.group!);
    if (this.retried) {
      this.fail(502);
      return;
    }
    this.retried = true;
    this.attempt(undefined, failed);
  }

  connectExpired(nowMs: number): boolean {
    return this.held !== undefined && nowMs >= this.connectBeforeMs;
  }

  onConnectExpired(): void {
    this.context.access.targetConnectionError(this.facts.listener.balancer, this.group!);
    this.fail(504);
  }

  /** Neither side has sent anything for the idle time-out. */
  onIdle(requestDone: boolean): void {
    if (this.answering) {
      this.client.cut();
      return;
    }
    this.fail(requestDone ? 504 : 408);
  }

  onClientClosed(): void {
    this.abandon(this.answering ? undefined : 460);
  }

  /** Gives the target up; the client is dealt with by whoever calls. */
  abandon(elbStatus: number | undefined): void {
    if (this.connection && this.target) this.target.pool.discard(this.connection);
    this.connection = undefined;
    this.record(elbStatus);
    this.leaveTarget();
  }

  /** Our own answer in the target's place. */
  private fail(status: number): void {
    this.abandon(status);
    if (this.answering) {
      this.client.cut();
      return;
    }
    this.client.answer(this.facts.head, errorPage(status));
  }

  private leaveTarget(): void {
    const { target } = this;
    this.target = undefined;
    if (!target) return;
    target.inFlight -= 1;
    if (target.inFlight === 0) this.context.onTargetIdle(target);
  }

  private record(elbStatus: number | undefined): void {
    if (this.finished) return;
    this.finished = true;
    const { balancer } = this.facts.listener;
    this.context.access.record({
      balancer,
      // A request counts once a target was chosen, even if that one refused the connection.
      group: this.target || this.retried ? this.group : undefined,
      targetStatus: this.responseHead?.status,
      elbStatus,
      action: 'forward',
      targetResponseMs: this.targetResponseMs,
      processedBytes: this.processedBytes,
    });
  }
}

/** Head and first body bytes in one new buffer: one write, one packet. */
function joinHead(head: string, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  return bytes;
}
