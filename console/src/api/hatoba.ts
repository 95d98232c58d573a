import { ApiError, type Scope } from './request.ts';

export type Level = 'ok' | 'warning' | 'critical';
export type Params = Record<string, string | number>;

export interface Verdict {
  level: Level;
  code: string;
  params?: Params;
  since?: string | number;
}

export interface Finding extends Verdict {
  link?: { page: string; params?: Params };
  deployment?: { service: string; cluster: string; revision: string | number; at: string | number };
}

export interface RecentDeployment {
  cluster: string;
  service: string;
  revision: string | number;
  at: string | number;
  state?: string;
  running?: number;
  desired?: number;
}

export interface Overview {
  verdict: Verdict;
  findings: Finding[];
  deployments: RecentDeployment[];
  canaries: { name: string; state?: string; runs?: { status: string; at?: string | number; durationMs?: number }[] }[];
  alarms: { name: string; state: string; reason?: string; changedAt?: string | number }[];
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
  reasons?: Record<string, number>;
}

async function get<Output>(path: string, signal?: AbortSignal): Promise<Output> {
  let response: Response;
  try {
    response = await fetch(path, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(path, 'Unreachable', cause instanceof Error ? cause.message : String(cause), 0, '');
  }
  const requestId = response.headers.get('x-amzn-requestid') ?? '';
  const text = await response.text();
  if (!response.ok) throw new ApiError(path, `HTTP ${response.status}`, text.slice(0, 500), response.status, requestId);
  return JSON.parse(text) as Output;
}

const scopeQuery = (scope: Scope) => ({ account: scope.account, region: scope.region });

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
  return get(`/_hatoba/overview?${query}`, signal);
}

export const getStatus = (signal?: AbortSignal): Promise<Status> => get('/_hatoba/status', signal);

/** Opens a stream of server-sent events. Each message is parsed JSON. Returns the way to close it. */
export function listen(
  path: string,
  query: Record<string, string>,
  on: { message: (data: unknown) => void; state: (open: boolean) => void },
): () => void {
  const source = new EventSource(`${path}?${new URLSearchParams(query)}`);
  source.onopen = () => on.state(true);
  source.onerror = () => on.state(false);
  source.onmessage = (event) => {
    try {
      on.message(JSON.parse(String(event.data)));
    } catch {
      // A comment or a keep-alive that is no JSON says nothing to us.
    }
  };
  return () => source.close();
}
