import type { Facet } from './count-facets.ts';

export interface Completion {
  /** The whole filter after the choice. */
  value: string;
  label: string;
  description: string;
}

/** What may begin a condition, and an example of its use. */
const keywords: readonly [word: string, example: string][] = [
  ['ok', 'ok'],
  ['error', '4xx'],
  ['throttle', '429'],
  ['fault', '5xx'],
  ['partial', '!partial'],
  ['responsetime >= ', 'responsetime >= 5'],
  ['duration >= ', 'duration >= 5'],
  ['http.status = ', 'http.status != 200'],
  ['http.method = ', 'http.method = "GET"'],
  ['http.url CONTAINS ', 'http.url CONTAINS "/api/"'],
  ['http.clientip = ', 'http.clientip = "127.0.0.1"'],
  ['http.useragent CONTAINS ', 'http.useragent CONTAINS "curl"'],
  ['user = ', 'user = "alice"'],
  ['service("', 'service("bff") { fault }'],
  ['edge("', 'edge("bff", "backend1") { error }'],
  ['annotation.', 'annotation.key = "value"'],
  ['AND ', 'a AND b'],
  ['OR ', 'a OR b'],
];

/** The last word that is being typed; quotes and brackets begin a new one. */
function lastWord(text: string): string {
  return (
    /(?:[\w.]+\("[^"]*|[\w.[\]]+(?:\s*(?:=|!=|>=|<=|<|>|CONTAINS|BEGINSWITH|ENDSWITH)\s*"?[^"\s]*)?)$/i.exec(
      text,
    )?.[0] ?? ''
  );
}

/** Completions for what stands at the end of the filter: keywords, and values that the listed traces have. */
export function completeFilter(text: string, facets: readonly Facet[]): Completion[] {
  const word = lastWord(text);
  const before = text.slice(0, text.length - word.length);
  const wanted = word.toLowerCase().replaceAll(' ', '');
  const starts = (candidate: string) => candidate.toLowerCase().replaceAll(' ', '').startsWith(wanted);
  const values = facets.flatMap((facet) =>
    facet.values.map(
      (value): Completion => ({
        value: `${before}${value.condition}`,
        label: value.condition,
        description: String(value.count),
      }),
    ),
  );
  const words = keywords.map(
    ([keyword, example]): Completion => ({
      value: `${before}${keyword}`,
      label: keyword.trim(),
      description: example,
    }),
  );
  return [...words, ...values].filter(
    (completion) => starts(completion.label) && completion.value.trim() !== text.trim(),
  );
}

/** Where the server saw a syntax error, from 0: its message counts from 1. Undefined when it names no place. */
export function errorPosition(message: string): number | undefined {
  const digits = /\bposition\s+(\d+)\b/i.exec(message)?.[1];
  return digits === undefined ? undefined : Math.max(0, Number(digits) - 1);
}
