import type { HttpRoute, ServiceTable } from '../wire/aws/service-table.ts';

/** `GET /_hatoba/operations`: names of the operations that are implemented, by service. */
export function operationsRoute(tables: readonly ServiceTable[]): HttpRoute {
  const byService = Object.fromEntries(tables.map(({ service, handlers }) => [service, Object.keys(handlers).sort()]));
  return {
    method: 'GET',
    path: '/_hatoba/operations',
    handle(_request, response) {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
      response.end(JSON.stringify(byService));
    },
  };
}
