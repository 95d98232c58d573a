import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../platform/logger.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { put, scopeKey, type TrafficStore } from '../store.ts';

const connectionsMax = 10_000;
const attemptsMax = 3;

export type ResolveName = (scope: AccountRegion, name: string) => readonly { address: string; port: number }[];

/** Loopback mode: for each discovery name one port of this machine, a pipe over the name's instances in turn. */
export class DiscoveryPorts {
  private readonly store: TrafficStore;
  private readonly host: string;
  private readonly logger: Logger;
  private readonly resolve: ResolveName;
  private readonly opened = new Map<string, Promise<number>>();
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private turn = 0;

  constructor(deps: { store: TrafficStore; host: string; logger: Logger; resolve: ResolveName }) {
    this.store = deps.store;
    this.host = deps.host;
    this.logger = deps.logger;
    this.resolve = deps.resolve;
  }

  /** Opens the ports of earlier runs again: tasks that still run have them in their environment. */
  async start(): Promise<void> {
    for (const { key } of this.store.list('servicediscovery/port')) {
      const [account = '', region = '', name = ''] = key.split('/');
      await this.portOf({ account, region }, name);
    }
  }

  portOf(scope: AccountRegion, name: string): Promise<number> {
    const key = `${scopeKey(scope)}${name.toLowerCase()}`;
    let port = this.opened.get(key);
    if (!port) {
      port = this.open(scope, name.toLowerCase(), key);
      this.opened.set(key, port);
      port.catch(() => this.opened.delete(key));
    }
    return port;
  }

  async stop(): Promise<void> {
    const closed = this.servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  private async open(scope: AccountRegion, name: string, key: string): Promise<number> {
    const server = createServer({ noDelay: true }, (client) => this.pipe(scope, name, client));
    server.maxConnections = connectionsMax;
    const before = this.store.get('servicediscovery/port', key)?.value.port;
    const port = await this.listen(server, before);
    this.servers.push(server);
    server.on('error', (error) => this.logger.error({ error, name }, 'a discovery port failed'));
    if (port !== before) {
      if (before !== undefined)
        this.logger.warn({ name, before, port }, 'the discovery port was taken; it has changed');
      await this.store.update(() => ({
        changes: [put('servicediscovery/port', key, { name, port }, 'any')],
        result: undefined,
      }));
    }
    return port;
  }

  private async listen(server: Server, wanted: number | undefined): Promise<number> {
    const attempt = (port: number) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, this.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    if (wanted === undefined) await attempt(0);
    else await attempt(wanted).catch(() => attempt(0));
    return (server.address() as AddressInfo).port;
  }

  private pipe(scope: AccountRegion, name: string, client: Socket): void {
    this.track(client);
    const instances = this.resolve(scope, name).filter(({ port }) => port > 0);
    if (instances.length === 0) {
      client.destroy();
      return;
    }
    const first = this.turn++;
    const attempt = (number: number): void => {
      const { address, port } = instances[(first + number) % instances.length]!;
      const upstream = connect({ host: address, port, noDelay: true });
      this.track(upstream);
      const onFailed = () => {
        upstream.destroy();
        if (number + 1 < Math.min(attemptsMax, instances.length) && !client.destroyed) attempt(number + 1);
        else client.destroy();
      };
      const onGone = () => upstream.destroy();
      client.once('close', onGone);
      upstream.once('error', onFailed);
      upstream.once('connect', () => {
        upstream.off('error', onFailed);
        client.off('close', onGone);
        join(client, upstream);
      });
    };
    attempt(0);
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}

/** Bytes both ways; an abrupt end of one side is an abrupt end of the other. */
function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
}
