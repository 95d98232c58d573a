import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { AccessMetrics } from './access-metrics.ts';
import { ClientConnection } from './client-connection.ts';
import { foreignHostPage } from './foreign-host-page.ts';
import type { RequestHead } from './http1-head.ts';
import type { LiveTargets } from './live-targets.ts';
import type { ProxyContext } from './proxy-context.ts';
import type { ListenerRoute } from './routing-table.ts';
import { findListenerByHost, reachableOrigin } from './select-listener.ts';

const sweepMs = 500;
const flushMs = 10_000;
const connectionsMax = 20_000;

export interface EdgeDeps {
  readonly targets: LiveTargets;
  readonly access: AccessMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a draining target has nothing in flight any more. */
  readonly onTargetIdle: () => void;
}

/** The load balancers' data plane: one port for all of them, where Host says which. */
export class Edge {
  private readonly deps: EdgeDeps;
  private readonly server: Server;
  private readonly connections = new Set<ClientConnection>();
  private readonly turns = new Map<string, number>();
  private readonly stopped = new AbortController();
  private readonly loops: Promise<void>[] = [];
  private stopping = false;
  private dateText = '';
  private dateSecond = 0;
  port = 0;

  constructor(deps: EdgeDeps) {
    this.deps = deps;
    const context = this.context();
    this.server = createServer({ noDelay: true }, (socket) => {
      this.connections.add(new ClientConnection(socket, context));
    });
    this.server.maxConnections = connectionsMax;
  }

  /** Rejects when the port is taken. Port 0 picks a free one. */
  async start(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.server.on('error', (error) => this.deps.logger.error({ error }, 'the edge port failed'));
    this.port = (this.server.address() as AddressInfo).port;
    this.loops.push(
      this.every(sweepMs, () => this.sweep()),
      this.every(flushMs, () => this.flush()),
    );
  }

  /** Lets requests in flight end for up to `graceMs`, then cuts. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const closed = new Promise<void>((resolve) => {
      if (this.port === 0) resolve();
      else this.server.close(() => resolve());
    });
    for (const connection of this.connections) if (connection.idle) connection.socket.destroy();
    const grace = new AbortController();
    const cut = this.deps.clock.sleep(graceMs, grace.signal).then(
      () => {
        for (const connection of this.connections) connection.socket.destroy();
      },
      () => {},
    );
    await closed;
    grace.abort();
    await cut;
    this.stopped.abort();
    await Promise.all(this.loops);
    if (this.port !== 0) this.flush();
  }

  private async every(periodMs: number, work: () => void): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.deps.clock.sleep(periodMs, this.stopped.signal).catch(() => {});
      if (!this.stopped.signal.aborted) work();
    }
  }

  private sweep(): void {
    const nowMs = this.deps.clock.monotonicMs();
    for (const connection of this.connections) connection.sweep(nowMs);
    for (const target of this.deps.targets.all()) target.pool.sweep(nowMs);
  }

  private flush(): void {
    const active = new Map<string, number>();
    for (const { balancer } of this.connections) {
      if (balancer) active.set(balancer.dimension, (active.get(balancer.dimension) ?? 0) + 1);
    }
    const nowMs = this.deps.clock.now().getTime();
    this.deps.access.flush(nowMs - (nowMs % flushMs), this.deps.targets.routing(), active);
  }

  private context(): ProxyContext {
    const { clock, logger, access, targets } = this.deps;
    return {
      clock,
      logger,
      access,
      routing: () => targets.routing(),
      turn: (group) => {
        const turn = this.turns.get(group.arn) ?? 0;
        this.turns.set(group.arn, (turn + 1) % Number.MAX_SAFE_INTEGER);
        return turn;
      },
      onTargetIdle: (target) => {
        if (target.state === 'draining') this.deps.onTargetIdle();
      },
      onConnectionClosed: (connection) => this.connections.delete(connection),
      stopping: () => this.stopping,
      findListener: (head: RequestHead) => findListenerByHost(targets.routing(), head.host, this.port),
      reachable: (listener: ListenerRoute, scheme, hostName, port) =>
        reachableOrigin(listener.balancer, this.port, scheme, hostName, port),
      foreignHostPage: (head) => foreignHostPage(targets.routing(), head.host, this.port),
      httpDate: () => this.httpDate(),
    };
  }

  private httpDate(): string {
    const now = this.deps.clock.now();
    const second = Math.floor(now.getTime() / 1000);
    if (second !== this.dateSecond || this.dateText === '') {
      this.dateSecond = second;
      this.dateText = now.toUTCString();
    }
    return this.dateText;
  }
}
