import { fetchText, type Scope, toApiError } from './request.ts';

export type Level = 'ok' | 'warning' | 'critical';
export type Params = Record<string, string | number>;

export interface Verdict {
  level: Level;
  code: string;
  params: Params;
  since?: string;
}

export interface DeploymentFact {
  cluster: string;
  service: string;
  revision: string;
  at: string;
}

export interface Finding extends Verdict {
  link: { page: string; params: Record<string, string> };
  deployment?: DeploymentFact;
}

export interface OverviewCanary {
  name: string;
  state: string;
  lastRuns: { passed: boolean; at: string; reason: string }[];
}

export interface Overview {
  verdict: Verdict;
  findings: Finding[];
  deployments: DeploymentFact[];
  canaries: OverviewCanary[];
  alarms: { name: string; state: string; reason: string; changedAt: string }[];
}

/** What `/_hatoba/status` tells of the installation; every part may be missing in an early moment of its start. */
export interface Status {
  version?: string;
  account?: string;
  region?: string;
  url?: string;
  ports?: Record<string, number>;
  network?: { mode?: string; reason?: string };
  runtime?: string;
  ledger?: LedgerEntry[];
  [name: string]: unknown;
}

export interface LedgerEntry {
  source: string;
  received: number;
  accepted: number;
  stored: number;
  refused: number;
  /** Stored, and later taken out by the thinning policy. */
  thinned?: number;
  /** Stored, and later removed because no group kept it any longer. */
  removed?: number;
  reasons?: Record<string, number>;
}

/** The JSON of one of hatoba's own routes. Throws ApiError. */
export const getJson = <Output>(path: string, signal?: AbortSignal): Promise<Output> => askJson(path, {}, signal);

/** Changes what a route keeps; the answer is what it keeps then. */
export const putJson = <Output>(path: string, body: object): Promise<Output> =>
  askJson(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function askJson<Output>(path: string, request: RequestInit, signal?: AbortSignal): Promise<Output> {
  const operation = path.split('?')[0] ?? path;
  const { response, text } = await fetchText(operation, path, request, signal);
  if (!response.ok) throw toApiError(operation, response, text);
  return JSON.parse(text) as Output;
}

export const scopeQuery = (scope: Scope) => ({ account: scope.account, region: scope.region });

export function getOverview(
  scope: Scope,
  range: { start: number; end: number },
  signal?: AbortSignal,
): Promise<Overview> {
  const query = new URLSearchParams({
    ...scopeQuery(scope),
    start: new Date(range.start).toISOString(),
    end: new Date(range.end).toISOString(),
  });
  return getJson(`/_hatoba/overview?${query}`, signal);
}

export const getStatus = (signal?: AbortSignal): Promise<Status> => getJson('/_hatoba/status', signal);

/** Opens a stream of server-sent events, each with JSON data, by name. Returns the way to close it. */
export function listen(
  path: string,
  query: Record<string, string>,
  on: { state: (open: boolean) => void; events: Record<string, (data: unknown) => void> },
): () => void {
  const source = new EventSource(`${path}?${new URLSearchParams(query)}`);
  source.onopen = () => on.state(true);
  source.onerror = () => on.state(false);
  for (const [name, run] of Object.entries(on.events)) {
    source.addEventListener(name, (event) => run(JSON.parse(String((event as MessageEvent).data))));
  }
  return () => source.close();
}

export interface StoredLogEvent {
  eventId: string;
  timestampMs: number;
  message: string;
  logGroupName: string;
  logStreamName: string;
}

/** Lines that name a trace, and what its tasks wrote meanwhile. */
export async function getLogsOfTrace(
  scope: Scope,
  trace: { traceId: string; startMs: number; endMs: number; taskArns: readonly string[] },
  signal?: AbortSignal,
): Promise<StoredLogEvent[]> {
  const query = new URLSearchParams({
    ...scopeQuery(scope),
    traceId: trace.traceId,
    start: String(Math.floor(trace.startMs)),
    end: String(Math.ceil(trace.endMs)),
  });
  for (const arn of trace.taskArns) query.append('task', arn);
  return (await getJson<{ events: StoredLogEvent[] }>(`/_hatoba/logs/trace?${query}`, signal)).events;
}

export interface CanaryStep {
  url: string;
  status?: number;
  durationMs: number;
  bytes: number;
  error?: string;
  traceId?: string;
}

export interface CanaryRunWithSteps {
  id: string;
  startedMs: number;
  completedMs: number;
  passed: boolean;
  reason: string;
  steps: CanaryStep[];
}

/** The newest runs of a canary with what each address answered, newest first. */
export async function getCanarySteps(scope: Scope, name: string, signal?: AbortSignal): Promise<CanaryRunWithSteps[]> {
  const query = new URLSearchParams({ ...scopeQuery(scope), name });
  return (await getJson<{ runs: CanaryRunWithSteps[] }>(`/_hatoba/canaries/runs?${query}`, signal)).runs;
}
