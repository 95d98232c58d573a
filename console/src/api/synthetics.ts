import { restService, type Scope } from './request.ts';

export interface Canary {
  Id?: string;
  Name: string;
  Status?: { State?: string; StateReason?: string };
  Schedule?: { Expression?: string; DurationInSeconds?: number };
  Timeline?: { Created?: number; LastModified?: number; LastStarted?: number; LastStopped?: number };
  RuntimeVersion?: string;
  RunConfig?: { TimeoutInSeconds?: number };
  Tags?: Record<string, string>;
}

export interface CanaryRun {
  Id?: string;
  Name?: string;
  Status?: { State?: string; StateReason?: string; StateReasonCode?: string };
  Timeline?: { Started?: number; Completed?: number };
  ArtifactS3Location?: string;
}

const call = restService('synthetics');

export async function describeCanaries(scope: Scope, signal?: AbortSignal): Promise<Canary[]> {
  const canaries: Canary[] = [];
  let token: string | undefined;
  do {
    const page: { Canaries?: Canary[]; NextToken?: string } = await call(
      scope,
      { operation: 'DescribeCanaries', path: '/canaries', input: token ? { NextToken: token } : {} },
      signal,
    );
    canaries.push(...(page.Canaries ?? []));
    token = page.NextToken;
  } while (token);
  return canaries;
}

export async function getCanary(scope: Scope, name: string, signal?: AbortSignal): Promise<Canary> {
  const path = `/canary/${encodeURIComponent(name)}`;
  return (await call<{ Canary: Canary }>(scope, { operation: 'GetCanary', path, method: 'GET' }, signal)).Canary;
}

/** The newest runs, newest first. */
export async function getCanaryRuns(scope: Scope, name: string, signal?: AbortSignal): Promise<CanaryRun[]> {
  const path = `/canary/${encodeURIComponent(name)}/runs`;
  const input = { MaxResults: 100 };
  return (
    (await call<{ CanaryRuns?: CanaryRun[] }>(scope, { operation: 'GetCanaryRuns', path, input }, signal)).CanaryRuns ??
    []
  );
}

export function startCanary(scope: Scope, name: string): Promise<unknown> {
  return call(scope, { operation: 'StartCanary', path: `/canary/${encodeURIComponent(name)}/start` });
}

export function stopCanary(scope: Scope, name: string): Promise<unknown> {
  return call(scope, { operation: 'StopCanary', path: `/canary/${encodeURIComponent(name)}/stop` });
}
