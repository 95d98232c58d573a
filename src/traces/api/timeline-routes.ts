import type { ServerResponse } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { parseTraceId, type TraceId } from '../model.ts';
import { findParts } from '../timeline/find-parts.ts';
import { readPartDocuments } from '../timeline/read-documents.ts';
import { readPercentiles } from '../timeline/read-percentiles.ts';
import { readTimeline, readTimelineRevision } from '../timeline/read-timeline.ts';
import { readGroupExpressions, toRequestError } from './groups.ts';

const documentsMax = 200;

/**
 * What the console's page of one trace reads, so that a trace of 100,000 spans opens at once.
 *
 * `GET /_hatoba/traces/timeline?traceId=[&account=&region=][&revision=]`: all rows, column by column, without documents;
 * 204 while the trace is still of that revision, 404 when nothing of it is stored.
 * `GET /_hatoba/traces/matches?traceId=&filter=`: `{"ids":[...]}`, the parts that a filter expression selects.
 * `GET /_hatoba/traces/percentiles?traceId=&end=`: `{"percentiles":[...]}`, how long such parts took in 24 hours; `end` is
 * the trace's, in milliseconds.
 * `GET /_hatoba/traces/documents?traceId=&id=[&id=...]`: `{"documents":{id:document},"exceptions":{id:exception}}`.
 */
export function timelineRoutes(deps: {
  telemetry: TelemetryStore;
  state: StateStore;
  clock: Clock;
  /** Of requests that name none. */
  scope: AccountRegion;
}): HttpRoute[] {
  const { telemetry, clock } = deps;
  const scopeOf = (query: URLSearchParams) => ({
    account: query.get('account') || deps.scope.account,
    region: query.get('region') || deps.scope.region,
  });
  return [
    {
      method: 'GET',
      path: '/_hatoba/traces/timeline',
      async handle(_request, response, url) {
        const query = url.searchParams;
        const traceId = traceIdOf(query);
        const known = query.get('revision');
        if (known) {
          const revision = await readTimelineRevision(telemetry, scopeOf(query), traceId, clock.now());
          if (revision === known) return void response.writeHead(204).end();
        }
        const timeline = await readTimeline(telemetry, scopeOf(query), traceId, clock.now());
        sendJson(response, timeline ? 200 : 404, timeline ?? { message: 'Nothing of this trace is stored.' });
      },
    },
    {
      method: 'GET',
      path: '/_hatoba/traces/documents',
      async handle(_request, response, url) {
        const query = url.searchParams;
        const ids = query.getAll('id');
        if (ids.length > documentsMax) {
          throw awsError('InvalidRequestException', `No more than ${documentsMax} documents at once.`);
        }
        sendJson(response, 200, await readPartDocuments(telemetry, scopeOf(query), traceIdOf(query), ids, clock.now()));
      },
    },
    {
      method: 'GET',
      path: '/_hatoba/traces/matches',
      async handle(_request, response, url) {
        const query = url.searchParams;
        const scope = scopeOf(query);
        const filter = {
          expression: query.get('filter') ?? '',
          groups: await readGroupExpressions(deps.state, scope),
        };
        const ids = await findParts(telemetry, scope, traceIdOf(query), filter, clock.now()).catch((error: unknown) => {
          throw toRequestError(error);
        });
        sendJson(response, 200, { ids });
      },
    },
    {
      method: 'GET',
      path: '/_hatoba/traces/percentiles',
      async handle(_request, response, url) {
        const query = url.searchParams;
        const endMs = Number(query.get('end'));
        if (!(endMs > 0))
          throw awsError('InvalidRequestException', 'end must be the end of the trace, in milliseconds.');
        const trace = { traceId: traceIdOf(query), endMs };
        sendJson(response, 200, { percentiles: await readPercentiles(telemetry, scopeOf(query), trace, clock.now()) });
      },
    },
  ];
}

function traceIdOf(query: URLSearchParams): TraceId {
  const traceId = parseTraceId(query.get('traceId') ?? '');
  if (!traceId) throw awsError('InvalidRequestException', 'traceId must be a trace id.');
  return traceId;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
