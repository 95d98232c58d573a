import type { SamplingRule } from '@aws-sdk/client-xray';

/** A request as samplers see it when they decide: at the service that it reaches first. */
export interface SampledRequest {
  readonly serviceName: string;
  /** `AWS::ECS::Container`; empty where the segment names no origin. */
  readonly serviceType: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** Whether an OpenTelemetry sampler decides: only those look at attributes. Not read where no rule has any. */
  readonly isOpenTelemetry?: boolean;
  /** Attributes that rules ask for, as far as they are texts: samplers compare no others. */
  readonly attributes?: Readonly<Record<string, string>>;
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

/** Whether a rule is about a request, for the sampler that decides about it. */
export function matchesRule(rule: SamplingRule, request: SampledRequest): boolean {
  return matchesPatterns(rule, request) && (!hasAttributes(rule) || matchesAttributes(rule, request));
}

export const hasAttributes = ({ Attributes }: SamplingRule): boolean => Object.keys(Attributes ?? {}).length > 0;

/** The X-Ray SDKs leave out rules with attributes; the others want every one, whatever their patterns. */
function matchesAttributes(
  { Attributes = {} }: SamplingRule,
  { isOpenTelemetry, attributes }: SampledRequest,
): boolean {
  if (!isOpenTelemetry) return false;
  return Object.entries(Attributes).every(([name, pattern]) => {
    const text = attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return text !== undefined && matchesPattern(pattern, text);
  });
}

/** Whether it is about a request as far as everything but attributes goes. */
export function matchesPatterns(rule: SamplingRule, request: SampledRequest): boolean {
  const pairs: [string | undefined, string][] = [
    [rule.ServiceName, request.serviceName],
    [rule.ServiceType, request.serviceType],
    [rule.Host, request.host],
    [rule.HTTPMethod, request.method],
    [rule.URLPath, request.path],
  ];
  return pairs.every(([pattern = '*', text]) => matchesPattern(pattern, text));
}
