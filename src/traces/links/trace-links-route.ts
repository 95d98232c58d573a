import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { parseTraceId } from '../model.ts';
import { readTraceLinks } from './read-links.ts';

/** `GET /_hatoba/traces/links?traceId=`: the traces before and after one, as TraceLinks. */
export function traceLinksRoute(deps: { telemetry: TelemetryStore } & AccountRegion): HttpRoute {
  return {
    method: 'GET',
    path: '/_hatoba/traces/links',
    async handle(_request, response, url) {
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      const traceId = parseTraceId(url.searchParams.get('traceId') ?? '');
      if (!traceId) {
        response.writeHead(400, headers).end(JSON.stringify({ message: 'traceId is missing or is no trace id.' }));
        return;
      }
      const scope = {
        account: url.searchParams.get('account') || deps.account,
        region: url.searchParams.get('region') || deps.region,
      };
      response.writeHead(200, headers).end(JSON.stringify(await readTraceLinks(deps.telemetry, scope, traceId)));
    },
  };
}
