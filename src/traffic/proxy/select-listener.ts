import type { BalancerRoute, ListenerRoute, RoutingTable } from './routing-table.ts';

/** `name:port`, `[v6]:port`, with or without port; the name in lower case, without a final dot. */
export function splitHost(host: string): { name: string; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  const name = (match?.[1] ?? host).toLowerCase().replace(/\.$/, '');
  return { name, port: match?.[2] === undefined ? undefined : Number(match[2]) };
}

/**
 * Which listener a Host means on the edge port: the balancer by its DNS name, or else by a rule that names this host; the
 * listener by a `p<port>.` prefix, or by the port in Host, or else the balancer's default one.
 */
export function findListenerByHost(
  routing: RoutingTable,
  host: string,
  edgePort: number,
): { listener: ListenerRoute; hostName: string } | undefined {
  const { name, port } = splitHost(host);
  const prefixed = /^p(\d{1,5})\.(.+)$/.exec(name);
  const hostName = prefixed && !routing.balancersByDnsName.has(name) ? prefixed[2]! : name;
  const balancer = routing.balancersByDnsName.get(hostName) ?? findByRule(routing, hostName);
  if (!balancer) return undefined;
  const wanted = hostName !== name ? Number(prefixed![1]) : port === edgePort ? undefined : port;
  const listener = wanted === undefined ? defaultListener(balancer) : balancer.listeners.get(wanted);
  return listener && { listener, hostName };
}

/** The one on port 80, or else the lowest. */
export function defaultListener(balancer: BalancerRoute): ListenerRoute | undefined {
  const lowest = Math.min(...balancer.listeners.keys());
  return balancer.listeners.get(80) ?? balancer.listeners.get(lowest);
}

/** Address of a listener on the edge port. */
export function listenerUrl(listener: ListenerRoute, edgePort: number): string {
  const prefix = defaultListener(listener.balancer) === listener ? '' : `p${listener.port}.`;
  return `http://${prefix}${listener.balancer.resource.dnsName}:${edgePort}`;
}

/** A redirect to a listener of the same balancer leads to the edge port again; any other goes out as it is. */
export function reachableOrigin(
  balancer: BalancerRoute,
  edgePort: number,
  scheme: string,
  hostName: string,
  port: number,
): string {
  const listener = balancer.listeners.get(port);
  const prefix = listener && defaultListener(balancer) === listener ? '' : `p${port}.`;
  if (listener && hostName === balancer.resource.dnsName) return `http://${prefix}${hostName}:${edgePort}`;
  return `${scheme}://${hostName}:${port}`;
}

function findByRule(routing: RoutingTable, hostName: string): BalancerRoute | undefined {
  return routing.balancers.find((balancer) =>
    [...balancer.listeners.values()].some((listener) =>
      listener.rules.some((rule) => rule.hostNames.includes(hostName)),
    ),
  );
}
