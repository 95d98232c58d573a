import { BlockList, isIPv6 } from 'node:net';
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';

/** What rules look at. */
export interface RoutableRequest {
  readonly method: string;
  /** Without port, as the client sent it. */
  readonly hostName: string;
  /** As sent: before decoding, without the query. */
  readonly path: string;
  readonly query: string | undefined;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly lowerNames: readonly string[];
  readonly clientAddress: string;
}

export type Matcher = (request: RoutableRequest) => boolean;

/** All conditions must hold; of the values of one condition any. */
export function compileConditions(conditions: readonly RuleCondition[]): Matcher {
  const matchers = conditions.map(compileCondition);
  return (request) => matchers.every((matches) => matches(request));
}

export type TextMatcher = (text: string) => boolean;

const ANY_RUN = -1;
const ANY_ONE = -2;

/**
 * `*` is any run of characters, `?` any one, `\*` and `\?` (with `escapes`) themselves. Never slower than text times
 * pattern: a regular expression with five stars would let any client stall the proxy with one long path.
 */
export function compileWildcard(
  pattern: string,
  options: { readonly ignoreCase: boolean; readonly escapes?: boolean },
): TextMatcher {
  const fold = (text: string): string => (options.ignoreCase ? text.toLowerCase() : text);
  const codes = patternCodes(fold(pattern), options.escapes ?? false);
  if (codes.every((code) => code >= 0)) {
    const exact = String.fromCharCode(...codes);
    return (text) => fold(text) === exact;
  }
  return (text) => matchCodes(codes, fold(text));
}

function patternCodes(pattern: string, escapes: boolean): number[] {
  const codes: number[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern[index]!;
    const next = pattern[index + 1];
    if (escapes && char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      codes.push(next.charCodeAt(0));
      index += 1;
    } else if (char === '*') {
      if (codes.at(-1) !== ANY_RUN) codes.push(ANY_RUN);
    } else codes.push(char === '?' ? ANY_ONE : char.charCodeAt(0));
  }
  return codes;
}

/** Greedy with one place to go back to: the last star. */
function matchCodes(codes: readonly number[], text: string): boolean {
  let at = 0;
  let code = 0;
  let starCode = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = codes[code];
    if (wanted === ANY_RUN) {
      starCode = code++;
      starAt = at;
    } else if (wanted !== undefined && (wanted === ANY_ONE || wanted === text.charCodeAt(at))) {
      code += 1;
      at += 1;
    } else if (starCode >= 0) {
      code = starCode + 1;
      at = ++starAt;
    } else return false;
  }
  while (codes[code] === ANY_RUN) code += 1;
  return code === codes.length;
}

function compileCondition(condition: RuleCondition): Matcher {
  switch (condition.Field) {
    case 'host-header': {
      const patterns = wildcards(condition.HostHeaderConfig?.Values ?? condition.Values ?? [], true);
      return (request) => patterns.some((pattern) => pattern(request.hostName));
    }
    case 'path-pattern': {
      const patterns = wildcards(condition.PathPatternConfig?.Values ?? condition.Values ?? [], false);
      return (request) => patterns.some((pattern) => pattern(request.path));
    }
    case 'http-header': {
      const name = condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? '';
      const patterns = wildcards(condition.HttpHeaderConfig?.Values ?? [], true);
      return (request) =>
        request.lowerNames.some(
          (lowerName, index) =>
            lowerName === name && patterns.some((pattern) => pattern(request.headers[2 * index + 1]!)),
        );
    }
    case 'http-request-method': {
      const methods = new Set(condition.HttpRequestMethodConfig?.Values ?? []);
      return (request) => methods.has(request.method);
    }
    case 'query-string':
      return compileQuery(condition.QueryStringConfig?.Values ?? []);
    case 'source-ip':
      return compileSource(condition.SourceIpConfig?.Values ?? []);
    default:
      return () => false;
  }
}

const wildcards = (values: readonly string[], ignoreCase: boolean): TextMatcher[] =>
  values.map((value) => compileWildcard(value, { ignoreCase }));

function compileQuery(values: readonly { Key?: string | undefined; Value?: string | undefined }[]): Matcher {
  const options = { ignoreCase: true, escapes: true };
  const wanted = values.map(({ Key, Value }) => ({
    key: Key === undefined ? undefined : compileWildcard(Key, options),
    value: compileWildcard(Value ?? '', options),
  }));
  return ({ query }) => {
    if (!query) return false;
    const pairs = query.split('&').map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? { key: pair, value: '' } : { key: pair.slice(0, equals), value: pair.slice(equals + 1) };
    });
    return wanted.some(({ key, value }) =>
      pairs.some((pair) => (key === undefined || key(pair.key)) && value(pair.value)),
    );
  };
}

function compileSource(ranges: readonly string[]): Matcher {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return ({ clientAddress }) => list.check(clientAddress, isIPv6(clientAddress) ? 'ipv6' : 'ipv4');
}
