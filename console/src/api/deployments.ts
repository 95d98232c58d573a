import { getJson, scopeQuery } from './hatoba.ts';
import type { Scope } from './request.ts';

export type EffectChange = 'worse' | 'better' | 'same' | 'unknown';

export interface WindowFacts {
  start: string;
  end: string;
  total: number;
  error: number;
  throttle: number;
  fault: number;
  p50Seconds?: number;
  p95Seconds?: number;
}

export interface Comparison {
  change: EffectChange;
  /** After minus before: seconds, or a share from 0 to 1. */
  delta: number;
  pValue?: number;
}

export interface ExampleTrace {
  traceId: string;
  at: string;
  seconds: number;
  outcome: 'ok' | 'error' | 'throttle' | 'fault';
}

/** What became of a service with one deployment. */
export interface DeploymentEffect {
  cluster: string;
  service: string;
  deploymentArn: string;
  revision: string;
  previousRevision?: string;
  status: string;
  at: string;
  finishedAt?: string;
  windowSeconds: number;
  before: WindowFacts;
  after: WindowFacts;
  latency: Comparison;
  faults: Comparison;
  errors: Comparison;
  change: EffectChange;
  examples: ExampleTrace[];
}

/** Deployments that began in a range, newest first, with latency, faults and errors before and after each. */
export async function getDeploymentEffects(
  scope: Scope,
  query: { start: number; end: number; cluster?: string; service?: string },
  signal?: AbortSignal,
): Promise<DeploymentEffect[]> {
  const parameters = new URLSearchParams({
    ...scopeQuery(scope),
    start: new Date(query.start).toISOString(),
    end: new Date(query.end).toISOString(),
    ...(query.cluster ? { cluster: query.cluster } : {}),
    ...(query.service ? { service: query.service } : {}),
  });
  const path = `/_hatoba/overview/deployments?${parameters}`;
  return (await getJson<{ deployments: DeploymentEffect[] }>(path, signal)).deployments;
}
