import { getJson, scopeQuery } from './hatoba.ts';
import type { Scope } from './request.ts';
import type { SamplingRule } from './xray.ts';

export interface PreviewedRequest {
  serviceName: string;
  serviceType: string;
  host: string;
  method: string;
  path: string;
  count: number;
  traceIds: string[];
}

/** What a rule would have decided about in the last hour, of the requests that were recorded. */
export interface RulePreview {
  requests: number;
  matched: number;
  decidedBefore: number;
  takenFrom: { ruleName: string; count: number }[];
  sampledAbout: number;
  examples: PreviewedRequest[];
  /** Of a rule with attributes: why they left out requests, and which of them can only be guessed. */
  attributes?: { leftOutBySdk: number; different: number; byValue: string[]; notAtStart: string[] };
}

export function previewSamplingRule(scope: Scope, rule: SamplingRule, signal?: AbortSignal): Promise<RulePreview> {
  const query = new URLSearchParams({ ...scopeQuery(scope), rule: JSON.stringify(rule) });
  return getJson(`/_hatoba/traces/sampling-preview?${query}`, signal);
}
