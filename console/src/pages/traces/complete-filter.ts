import { quoted } from '../../parts/filter-text.ts';
import type { Facet } from './count-facets.ts';

export interface Completion {
  /** What of the text it replaces. */
  from: number;
  to: number;
  insert: string;
  label: string;
  description: string;
}

type KeywordType = 'flag' | 'number' | 'text' | 'opening';

/** What may begin a condition, with an example of its use; for those with values, the facet that knows some. */
const keywords: readonly [word: string, type: KeywordType, example: string, facet?: string][] = [
  ['fault', 'flag', '5xx'],
  ['error', 'flag', '4xx'],
  ['throttle', 'flag', '429'],
  ['ok', 'flag', '2xx, 3xx'],
  ['partial', 'flag', '!partial'],
  ['responsetime', 'number', 'responsetime >= 5'],
  ['duration', 'number', 'duration >= 5'],
  ['http.status', 'number', 'http.status != 200', 'status'],
  ['http.method', 'text', 'http.method = "GET"', 'method'],
  ['http.url', 'text', 'http.url CONTAINS "/api/"', 'url'],
  ['http.clientip', 'text', 'http.clientip = "127.0.0.1"'],
  ['http.useragent', 'text', 'http.useragent CONTAINS "curl"'],
  ['user', 'text', 'user = "alice"', 'user'],
  ['service("', 'opening', 'service("bff") { fault }'],
  ['edge("', 'opening', 'edge("bff", "backend1") { error }'],
  ['annotation.', 'opening', 'annotation.key = "value"'],
  ['group.name', 'text', 'group.name = "slow"'],
  ['rootcause.fault.service', 'opening', 'rootcause.fault.service { name = "backend1" }'],
  ['rootcause.responsetime.entity', 'opening', 'rootcause.responsetime.entity { name = "query" }'],
  ['resource.arn', 'text', 'resource.arn CONTAINS "task/"'],
  ['instance.id', 'text', 'instance.id = "i-1234"'],
  ['availabilityzone', 'text', 'availabilityzone = "us-east-1a"'],
];

const operators: Record<'number' | 'text', readonly string[]> = {
  number: ['=', '!=', '>=', '<=', '>', '<'],
  text: ['=', '!=', 'CONTAINS', 'BEGINSWITH', 'ENDSWITH'],
};
const operatorPattern = '=|!=|>=|<=|>|<|CONTAINS|BEGINSWITH|ENDSWITH';

/** The `keyword`, `annotation.key` or `annotation[key]` that a comparison begins with. */
const subjectPattern = '[a-z][\\w.-]*(?:\\[[^\\]]*\\])?';
const inValue = new RegExp(`(${subjectPattern})\\s*(?:${operatorPattern})\\s*("[^"]*|[\\w.]*)$`, 'i');
const afterSubject = new RegExp(`(?:^|[\\s(!{])(${subjectPattern})\\s+((?:[=!<>]|[a-z])*)$`, 'i');
const inName = /(?:service|edge)\(\s*(?:"[^"]*"\s*,\s*)?"([^"]*)$/i;
const inAnnotation = /annotation[.[]([^\s=\]"]*)$/i;

/** What may stand at the caret: names, keys, operators and values that the listed traces have, or a new condition. */
export function completeFilter(text: string, caret: number, facets: readonly Facet[]): Completion[] {
  const head = text.slice(0, caret);
  const make = (typed: string) => (insert: string, label: string, description: string) => ({
    from: caret - typed.length,
    to: caret,
    insert,
    label,
    description,
  });
  const named = inName.exec(head);
  if (named) return names(named[1] ?? '', make(named[1] ?? ''), facets, /edge\(\s*"[^"]*$/i.test(head));
  const keyed = inAnnotation.exec(head);
  if (keyed) return annotationKeys(keyed[1] ?? '', make(keyed[1] ?? ''), facets, head.includes('[', keyed.index));
  const valued = inValue.exec(head);
  if (valued) return values(valued[1] ?? '', valued[2] ?? '', make(valued[2] ?? ''), facets);
  const compared = afterSubject.exec(head);
  const type = compared && typeOf(compared[1] ?? '');
  if (compared && (type === 'number' || type === 'text')) {
    const typed = compared[2] ?? '';
    const put = make(typed);
    return operators[type]
      .filter((operator) => operator.startsWith(typed.toUpperCase()))
      .map((operator) => put(`${operator} `, operator, ''));
  }
  return conditions(head, make, facets);
}

type Put = (insert: string, label: string, description: string) => Completion;

function typeOf(subject: string): KeywordType | undefined {
  if (/^annotation[.[]/i.test(subject)) return 'text';
  return keywords.find(([word]) => word === subject.toLowerCase())?.[1];
}

const startsWith = (candidate: string, typed: string) => candidate.toLowerCase().startsWith(typed.toLowerCase());

function names(typed: string, put: Put, facets: readonly Facet[], isFirstOfTwo: boolean): Completion[] {
  const nodes = facets.find((facet) => facet.name === 'node')?.values ?? [];
  return nodes
    .filter((node) => startsWith(node.text, typed))
    .map((node) => put(`${quoted(node.text).slice(1)}${isFirstOfTwo ? ', "' : ')'}`, node.text, String(node.count)));
}

function annotationKeys(typed: string, put: Put, facets: readonly Facet[], inBrackets: boolean): Completion[] {
  return facets
    .filter((facet) => facet.name.startsWith('annotation.') && startsWith(facet.name.slice(11), typed))
    .map((facet) => {
      const count = facet.values.reduce((sum, value) => sum + value.count, 0);
      return put(`${facet.name.slice(11)}${inBrackets ? '] ' : ' '}`, facet.name.slice(11), String(count));
    });
}

function values(subject: string, typed: string, put: Put, facets: readonly Facet[]): Completion[] {
  const annotation = /^annotation(?:\.(.+)|\[(.+)\])$/i.exec(subject);
  const wanted = annotation
    ? `annotation.${annotation[1] ?? annotation[2] ?? ''}`
    : keywords.find(([word]) => word === subject.toLowerCase())?.[3];
  const known = facets.find((facet) => facet.name === wanted)?.values ?? [];
  return known
    .map((value) => ({ literal: value.condition.slice(value.condition.indexOf(' = ') + 3), value }))
    .filter(({ literal, value }) => startsWith(literal, typed) || startsWith(value.text, typed))
    .filter(({ literal }) => literal !== typed)
    .map(({ literal, value }) => put(`${literal} `, value.text, String(value.count)));
}

/** A word, a closing quote, bracket or brace stands before: the condition is whole and another one may follow. */
const wholeBefore = /(?:["\d)\]}]|\b(?:fault|error|throttle|ok|partial|true|false))\s+$/i;

function conditions(head: string, make: (typed: string) => Put, facets: readonly Facet[]): Completion[] {
  const typed = /[\w.]*$/.exec(head)?.[0] ?? '';
  const put = make(typed);
  const before = head.slice(0, head.length - typed.length);
  const joins = wholeBefore.test(before) ? ['AND ', 'OR '] : [];
  const known = typed === '' ? [] : facets.flatMap((facet) => facet.values);
  return [
    ...joins.filter((word) => startsWith(word, typed)).map((word) => put(word, word.trim(), '')),
    ...keywords
      .filter(([word]) => startsWith(word, typed) && word !== typed)
      .map(([word, type, example]) => put(type === 'opening' ? word : `${word} `, word, example)),
    ...known
      .filter((value) => startsWith(value.condition, typed))
      .map((value) => put(`${value.condition} `, value.condition, String(value.count))),
  ];
}

/** Where the server saw a syntax error, from 0: its message counts from 1. Undefined when it names no place. */
export function errorPosition(message: string): number | undefined {
  const digits = /\bposition\s+(\d+)\b/i.exec(message)?.[1];
  return digits === undefined ? undefined : Math.max(0, Number(digits) - 1);
}

/** What is underlined for an error at a position: the word there, or one place if there is none. */
export function errorSpan(text: string, position: number): { from: number; to: number } {
  const from = Math.min(position, text.length);
  const word = /^(?:[\w.]+|\S)/.exec(text.slice(from))?.[0].length ?? 0;
  return { from, to: from + Math.max(1, word) };
}
