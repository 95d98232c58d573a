import type { SamplingRule } from '@aws-sdk/client-xray';
import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { toXrayTraceId } from '../model.ts';
import { previewRule, type RequestCount } from '../sampling/preview-rule.ts';
import { listRules } from './sampling.ts';

const rangeMs = 3_600_000;
/** Kinds of requests that are told apart; what is rarer is not counted. */
const kindsMax = 20_000;
const tracesPerKind = 3;

const patterns = ['ServiceName', 'ServiceType', 'Host', 'HTTPMethod', 'URLPath'] as const;
const numbers = ['Priority', 'FixedRate', 'ReservoirSize'] as const;

/**
 * `GET /_hatoba/traces/sampling-preview?rule=<SamplingRule as JSON>[&account=&region=]`: what the rule would have decided
 * about in the last hour, of the requests that were recorded, as RulePreview.
 */
export function samplingPreviewRoute(deps: {
  telemetry: TelemetryStore;
  state: StateStore;
  clock: Clock;
  /** Of requests that name none. */
  scope: AccountRegion;
}): HttpRoute {
  return {
    method: 'GET',
    path: '/_hatoba/traces/sampling-preview',
    async handle(_request, response, url) {
      const query = url.searchParams;
      const scope = {
        account: query.get('account') || deps.scope.account,
        region: query.get('region') || deps.scope.region,
      };
      const rule = readRule(query.get('rule') ?? '');
      const endMs = deps.clock.now().getTime();
      const [requests, rules] = await Promise.all([
        readRequests(deps.telemetry, scope, endMs - rangeMs, endMs),
        listRules(deps.state, scope),
      ]);
      const others = rules.map(({ value }) => value.rule);
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(previewRule(rule, others, requests, rangeMs / 1000)));
    },
  };
}

function readRule(text: string): SamplingRule {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw awsError('InvalidRequestException', 'rule must be a sampling rule as JSON.');
  }
  if (given === null || typeof given !== 'object') {
    throw awsError('InvalidRequestException', 'rule must be a sampling rule as JSON.');
  }
  const members = given as Record<string, unknown>;
  const isRule =
    patterns.every((name) => typeof members[name] === 'string' && members[name].length <= 512) &&
    numbers.every((name) => Number.isFinite(members[name]));
  if (!isRule) throw awsError('InvalidRequestException', `A rule needs ${[...patterns, ...numbers].join(', ')}.`);
  return given as SamplingRule;
}

/** Segments without a parent: where a request came in, the decision was taken. */
async function readRequests(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  startMs: number,
  endMs: number,
): Promise<RequestCount[]> {
  const rows = await telemetry.query<{
    name: string;
    type: string;
    method: string;
    url: string;
    count: string;
    traces: string[];
  }>(
    `SELECT name, type, http_method AS method, cutQueryStringAndFragment(http_url) AS url, uniq(id) AS count,
  groupUniqArray(${tracesPerKind})(trace_id) AS traces
FROM segments
WHERE account = {account:String} AND region = {region:String} AND kind = 'segment' AND parent_id = ''
  AND start >= fromUnixTimestamp64Milli({startMs:Int64}) AND start < fromUnixTimestamp64Milli({endMs:Int64})
GROUP BY name, type, method, url ORDER BY count DESC LIMIT {kinds:UInt32}`,
    { ...scope, startMs, endMs, kinds: kindsMax },
  );
  return rows.map((row) => ({
    serviceName: row.name,
    serviceType: row.type,
    ...hostAndPath(row.url),
    method: row.method,
    count: Number(row.count),
    traceIds: row.traces.map(toXrayTraceId),
  }));
}

function hostAndPath(url: string): { host: string; path: string } {
  const match = /^[a-z][\w+.-]*:\/\/([^/]*)(.*)$/i.exec(url);
  return match ? { host: match[1] ?? '', path: match[2] || '/' } : { host: '', path: url };
}
