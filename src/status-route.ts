import type { Compute } from './compute/index.ts';
import type { TelemetryStore } from './stores/telemetry/store.ts';
import type { Traces } from './traces/index.ts';
import type { HttpRoute } from './wire/aws/service-table.ts';

/** `GET /_hatoba/status`: what this hatoba is and what has come in. */
export function statusRoute(deps: {
  version: string;
  account: string;
  region: string;
  ports: () => Record<string, number | undefined>;
  compute: Pick<Compute, 'network' | 'runtime'>;
  traces: Pick<Traces, 'ledger'>;
  telemetry: Pick<TelemetryStore, 'statistics'>;
}): HttpRoute {
  return {
    method: 'GET',
    path: '/_hatoba/status',
    handle(_request, response) {
      const notes =
        deps.compute.runtime === 'process'
          ? ['The process runtime is no sandbox: tasks are processes of this machine.']
          : [];
      const body = {
        version: deps.version,
        account: deps.account,
        region: deps.region,
        ports: deps.ports(),
        runtime: deps.compute.runtime,
        network: deps.compute.network,
        notes,
        ledger: deps.traces.ledger(),
        tables: deps.telemetry.statistics(),
      };
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    },
  };
}
