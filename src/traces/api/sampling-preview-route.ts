import type { SamplingRule } from '@aws-sdk/client-xray';
import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { toXrayTraceId } from '../model.ts';
import { previewRule, type RequestCount } from '../sampling/preview-rule.ts';
import { attributesSql, isOpenTelemetrySql } from '../sampling/rule-attributes.ts';
import { listRules } from './sampling.ts';

const rangeMs = 3_600_000;
/** Kinds of requests that are told apart; what is rarer is not counted. */
const kindsMax = 20_000;
const tracesPerKind = 3;
const attributesMax = 5;

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
      const others = (await listRules(deps.state, scope)).map(({ value }) => value.rule);
      const names = [...new Set([rule, ...others].flatMap(({ Attributes }) => Object.keys(Attributes ?? {})))];
      const requests = await readRequests(deps.telemetry, scope, { startMs: endMs - rangeMs, endMs }, names);
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
  const { Attributes = {} } = members;
  const pairs = Attributes && typeof Attributes === 'object' ? Object.entries(Attributes) : undefined;
  if (!pairs || pairs.length > attributesMax || pairs.some(([, pattern]) => typeof pattern !== 'string')) {
    throw awsError('InvalidRequestException', `A rule takes up to ${attributesMax} Attributes, each a text.`);
  }
  if (!isRule) throw awsError('InvalidRequestException', `A rule needs ${[...patterns, ...numbers].join(', ')}.`);
  return given as SamplingRule;
}

/** Segments without a parent: where a request came in, the decision was taken. `names` are attributes to read. */
async function readRequests(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  { startMs, endMs }: { startMs: number; endMs: number },
  names: readonly string[],
): Promise<RequestCount[]> {
  const attributes = attributesSql(names);
  const rows = await telemetry.query<{
    name: string;
    type: string;
    method: string;
    url: string;
    otel: number;
    texts: string[];
    count: string;
    traces: string[];
  }>(
    `SELECT name, type, http_method AS method, cutQueryStringAndFragment(http_url) AS url,
  ${names.length > 0 ? isOpenTelemetrySql : '0'} AS otel, ${attributes.sql} AS texts,
  uniq(id) AS count, groupUniqArray(${tracesPerKind})(trace_id) AS traces
FROM segments
WHERE account = {account:String} AND region = {region:String} AND kind = 'segment' AND parent_id = ''
  AND start >= fromUnixTimestamp64Milli({startMs:Int64}) AND start < fromUnixTimestamp64Milli({endMs:Int64})
GROUP BY name, type, method, url, otel, texts ORDER BY count DESC LIMIT {kinds:UInt32}`,
    { ...scope, startMs, endMs, kinds: kindsMax, ...attributes.parameters },
  );
  return rows.map((row) => ({
    serviceName: row.name,
    serviceType: row.type,
    ...hostAndPath(row.url),
    method: row.method,
    ...(names.length > 0 && { isOpenTelemetry: Number(row.otel) === 1, attributes: attributes.read(row.texts) }),
    count: Number(row.count),
    traceIds: row.traces.map(toXrayTraceId),
  }));
}

function hostAndPath(url: string): { host: string; path: string } {
  const match = /^[a-z][\w+.-]*:\/\/([^/]*)(.*)$/i.exec(url);
  return match ? { host: match[1] ?? '', path: match[2] || '/' } : { host: '', path: url };
}
