import type { RoutingTable } from './routing-table.ts';
import { listenerUrl } from './select-listener.ts';

/** What a person sees who opens the edge port by a name that is no balancer's: which there are, and their addresses. */
export function foreignHostPage(routing: RoutingTable, host: string, edgePort: number): string {
  const rows = routing.balancers.flatMap((balancer) =>
    [...balancer.listeners.values()].map((listener) => {
      const url = escapeHtml(listenerUrl(listener, edgePort));
      const name = escapeHtml(`${balancer.resource.name} (${balancer.scope.account}, ${balancer.scope.region})`);
      return `<tr><td>${name}</td><td>${listener.port}</td><td><a href="${url}/">${url}/</a></td></tr>`;
    }),
  );
  const list =
    rows.length === 0
      ? '<p>There is no load balancer with a listener yet.</p>'
      : `<table><tr><th>Load balancer</th><th>Listener</th><th>Address</th></tr>${rows.join('')}</table>`;
  return (
    '<!doctype html><html><head><title>No such load balancer</title></head><body>' +
    `<h1>No load balancer is called ${escapeHtml(host === '' ? '(no name)' : host.slice(0, 256))}</h1>` +
    `<p>All load balancers share this port; the Host header says which one is meant.</p>${list}</body></html>\n`
  );
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
