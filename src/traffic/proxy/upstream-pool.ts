import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const idleMax = 256;
/** Left unused this long before the target would close: a request must not meet the target's FIN half-way. */
const closeMarginMs = 1000;
/** What a target gets when it does not say how long it keeps idle connections. */
const idleDefaultMs = 60_000;

/** All connections to targets read into this one: Node else makes 64 KB for each read, to keep a few hundred bytes of it. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/** Who uses a connection right now. Called until `release` or `destroy`. */
export interface UpstreamUser {
  onConnected(): void;
  /** `chunk` is only valid during the call: the next read of any connection overwrites it. */
  onData(chunk: Buffer): void;
  onDrain(): void;
  /** The target has ended or broken the connection; `clean` for an orderly end (FIN). Called once. */
  onClosed(clean: boolean): void;
}

/** One connection to a target, used by one request after the other. */
export class UpstreamConnection {
  readonly socket: Socket;
  user: UpstreamUser | undefined;
  connected = false;
  reused = false;
  /** Monotonic time at which an idle connection is given up. */
  expiresAtMs = 0;

  constructor(socket: Socket, readyEvent: 'connect' | 'secureConnect') {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on(readyEvent, () => {
      this.connected = true;
      this.user?.onConnected();
    });
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('drain', () => this.user?.onDrain());
    socket.on('end', () => this.closed(true));
    socket.on('error', () => this.closed(false));
    socket.on('close', () => this.closed(false));
  }

  read(chunk: Buffer): void {
    if (this.user) this.user.onData(chunk);
    // A target that speaks without being asked cannot be trusted with the next request.
    else this.socket.destroy();
  }

  private closed(clean: boolean): void {
    const user = this.user;
    this.user = undefined;
    this.socket.destroy();
    user?.onClosed(clean);
  }

  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }
}

/** Keep-alive connections to one target, newest first: the oldest then expire when traffic falls. */
export class UpstreamPool {
  private readonly address: string;
  private readonly port: number;
  private readonly tls: boolean;
  private readonly idle: UpstreamConnection[] = [];
  private readonly busy = new Set<UpstreamConnection>();
  private closing = false;

  constructor(address: string, port: number, tls: boolean) {
    this.address = address;
    this.port = port;
    this.tls = tls;
  }

  /** A connection for `user`; a new one calls `onConnected` or `onClosed` later. */
  take(user: UpstreamUser, nowMs: number): UpstreamConnection {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (connection.socket.destroyed || connection.expiresAtMs <= nowMs) {
        connection.destroy();
        continue;
      }
      connection.user = user;
      connection.reused = true;
      this.busy.add(connection);
      return connection;
    }
    const connection = this.open();
    connection.user = user;
    this.busy.add(connection);
    return connection;
  }

  release(connection: UpstreamConnection, nowMs: number, keepAliveTimeoutSeconds: number | undefined): void {
    this.busy.delete(connection);
    connection.user = undefined;
    const idleMs =
      keepAliveTimeoutSeconds === undefined ? idleDefaultMs : keepAliveTimeoutSeconds * 1000 - closeMarginMs;
    if (this.closing || idleMs <= 0 || this.idle.length >= idleMax || connection.socket.destroyed) {
      connection.destroy();
      return;
    }
    connection.expiresAtMs = nowMs + idleMs;
    this.idle.push(connection);
  }

  discard(connection: UpstreamConnection): void {
    this.busy.delete(connection);
    connection.destroy();
  }

  /** Gives up idle connections whose time is over. */
  sweep(nowMs: number): void {
    for (let index = this.idle.length - 1; index >= 0; index--) {
      const connection = this.idle[index]!;
      if (connection.expiresAtMs > nowMs && !connection.socket.destroyed) continue;
      connection.destroy();
      this.idle.splice(index, 1);
    }
  }

  /** No new request will come: idle connections go now, busy ones when their request is done. */
  drain(): void {
    this.closing = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  reopen(): void {
    this.closing = false;
  }

  /** Cuts what is in flight as well; its users see a broken connection. */
  destroy(): void {
    this.drain();
    for (const connection of [...this.busy]) connection.socket.destroy();
  }

  private open(): UpstreamConnection {
    const options = { host: this.address, port: this.port };
    if (!this.tls) {
      let connection: UpstreamConnection | undefined;
      const callback = (bytes: number, buffer: Uint8Array): boolean => {
        connection!.read((buffer as Buffer).subarray(0, bytes));
        return true;
      };
      connection = new UpstreamConnection(connect({ ...options, onread: { buffer: readBuffer, callback } }), 'connect');
      return connection;
    }
    // Like ALB, which does not check a target's certificate: targets bring self-signed ones.
    return new UpstreamConnection(connectTls({ ...options, rejectUnauthorized: false }), 'secureConnect');
  }
}
