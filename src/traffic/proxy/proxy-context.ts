import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { AccessMetrics } from './access-metrics.ts';
import type { ClientConnection } from './client-connection.ts';
import type { RequestHead } from './http1-head.ts';
import type { LiveTarget } from './live-target.ts';
import type { GroupRoute, ListenerRoute, RoutingTable } from './routing-table.ts';

/** The listener that a Host means, and the name without port or prefix. */
export interface FoundListener {
  readonly listener: ListenerRoute;
  readonly hostName: string;
}

/** What the connections of one proxy share. */
export interface ProxyContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly access: AccessMetrics;
  routing(): RoutingTable;
  /** The next number of a group's round robin. */
  turn(group: GroupRoute): number;
  /** Called when a request has left a target: draining may end now. */
  onTargetIdle(target: LiveTarget): void;
  onConnectionClosed(connection: ClientConnection): void;
  /** No new requests on open connections. */
  stopping(): boolean;
  /** Undefined when no balancer has that name. */
  findListener(head: RequestHead): FoundListener | undefined;
  /** Origin by which a client of this entrance reaches a listener; for redirects. */
  reachable(listener: ListenerRoute, scheme: string, hostName: string, port: number): string;
  /** Body of the page for a Host that is no balancer's. */
  foreignHostPage(head: RequestHead): string;
  /** For HTTP dates, made once a second. */
  httpDate(): string;
}
