import type { SamplingRule } from '@aws-sdk/client-xray';

/** A request as samplers see it when they decide: at the service that it reaches first. */
export interface SampledRequest {
  readonly serviceName: string;
  /** `AWS::ECS::Container`; empty where the segment names no origin. */
  readonly serviceType: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
}

/** As the SDKs match: `*` is any text, `?` one character, capital and small letters are the same. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  let [at, star, resume, index] = [0, -1, 0, 0];
  while (index < given.length) {
    if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index]) && wanted[at] !== '*') {
      at += 1;
      index += 1;
    } else if (wanted[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}

/** Whether a rule is about a request. Attributes are not looked at: segments do not keep what samplers compare. */
export function matchesRule(rule: SamplingRule, request: SampledRequest): boolean {
  const pairs: [string | undefined, string][] = [
    [rule.ServiceName, request.serviceName],
    [rule.ServiceType, request.serviceType],
    [rule.Host, request.host],
    [rule.HTTPMethod, request.method],
    [rule.URLPath, request.path],
  ];
  return pairs.every(([pattern = '*', text]) => matchesPattern(pattern, text));
}
