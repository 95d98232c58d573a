import type { SamplingRule } from '@aws-sdk/client-xray';
import { hasAttributes, matchesPatterns, matchesRule, type SampledRequest } from './match-rule.ts';
import { comparedAs } from './rule-attributes.ts';

/** Requests that are alike, with some of their traces. */
export interface RequestCount extends SampledRequest {
  readonly count: number;
  readonly traceIds: readonly string[];
}

export interface RulePreview {
  /** Recorded requests of the range, all of them. */
  readonly requests: number;
  /** What the rule would have decided about. */
  readonly matched: number;
  /** What it is about as well, but a rule before it decides. */
  readonly decidedBefore: number;
  /** Which rules decide about them now, and about how many. */
  readonly takenFrom: readonly { readonly ruleName: string; readonly count: number }[];
  /** About how many of the matched it would have sampled, if they came evenly. */
  readonly sampledAbout: number;
  /** The most frequent of the matched. */
  readonly examples: readonly RequestCount[];
  /** Of a rule with attributes. */
  readonly attributes?: AttributesPreview;
}

/** Why attributes left out requests that all else of the rule is about, and what can only be guessed of them. */
export interface AttributesPreview {
  /** Sent by an SDK whose sampler leaves out every rule with attributes. */
  readonly leftOutBySdk: number;
  /** Without these attributes, or with others. */
  readonly different: number;
  /** Attributes that were compared by what is known of the request: not kept is by which name it was sent. */
  readonly byValue: readonly string[];
  /** Attributes that no sampler knows when it decides. */
  readonly notAtStart: readonly string[];
}

const examplesMax = 5;

/** What a rule would have done in a time, beside the other rules. An edited rule stands in for the one of its name. */
export function previewRule(
  rule: SamplingRule,
  others: readonly SamplingRule[],
  requests: readonly RequestCount[],
  seconds: number,
): RulePreview {
  const before = others.filter((other) => other.RuleName !== rule.RuleName);
  const now = [...others].sort(byPriority);
  const then = [...before, rule].sort(byPriority);
  const takenFrom = new Map<string, number>();
  const examples: RequestCount[] = [];
  let [matched, decidedBefore, total, leftOutBySdk, different] = [0, 0, 0, 0, 0];
  for (const request of requests) {
    total += request.count;
    if (!matchesPatterns(rule, request)) continue;
    if (!matchesRule(rule, request)) {
      if (request.isOpenTelemetry) different += request.count;
      else leftOutBySdk += request.count;
      continue;
    }
    if (then.find((one) => matchesRule(one, request)) !== rule) {
      decidedBefore += request.count;
      continue;
    }
    matched += request.count;
    examples.push(request);
    const name = now.find((one) => matchesRule(one, request))?.RuleName ?? '';
    takenFrom.set(name, (takenFrom.get(name) ?? 0) + request.count);
  }
  return {
    requests: total,
    matched,
    decidedBefore,
    takenFrom: [...takenFrom]
      .map(([ruleName, count]) => ({ ruleName, count }))
      .sort((a, b) => b.count - a.count || (a.ruleName < b.ruleName ? -1 : 1)),
    sampledAbout: sampledOf(rule, matched, seconds),
    examples: examples.sort((a, b) => b.count - a.count).slice(0, examplesMax),
    ...(hasAttributes(rule) && {
      attributes: { leftOutBySdk, different, ...comparedAs(Object.keys(rule.Attributes ?? {})) },
    }),
  };
}

/** The order in which SDKs try rules. */
function byPriority(a: SamplingRule, b: SamplingRule): number {
  return (a.Priority ?? 0) - (b.Priority ?? 0) || ((a.RuleName ?? '') < (b.RuleName ?? '') ? -1 : 1);
}

function sampledOf(rule: SamplingRule, matched: number, seconds: number): number {
  const perSecond = seconds > 0 ? matched / seconds : 0;
  const fromReservoir = Math.min(rule.ReservoirSize ?? 0, perSecond);
  return Math.round((fromReservoir + (perSecond - fromReservoir) * (rule.FixedRate ?? 0)) * seconds);
}
