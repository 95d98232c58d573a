import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeFilter, errorPosition, errorSpan } from './complete-filter.ts';
import type { Facet } from './count-facets.ts';

const facets: Facet[] = [
  {
    name: 'node',
    values: [
      { text: 'backend2', count: 3, condition: 'service("backend2")' },
      { text: 'bff', count: 9, condition: 'service("bff")' },
    ],
  },
  { name: 'status', values: [{ text: '502', count: 2, condition: 'http.status = 502' }] },
  { name: 'method', values: [{ text: 'GET', count: 2, condition: 'http.method = "GET"' }] },
  { name: 'annotation.game', values: [{ text: 'go', count: 2, condition: 'annotation[game] = "go"' }] },
];
const labels = (text: string) => completeFilter(text, text.length, facets).map((completion) => completion.label);
const results = (text: string) =>
  completeFilter(text, text.length, facets).map(
    ({ from, to, insert }) => text.slice(0, from) + insert + text.slice(to),
  );

describe('completion', () => {
  it('offers keywords for the word being typed', () => {
    expect(labels('resp')).toEqual(['responsetime']);
    expect(labels('fault AND dur')).toEqual(['duration']);
    expect(labels('fau')).toEqual(['fault']);
  });

  it('offers names inside service() and edge()', () => {
    expect(results('fault AND service("ba')).toEqual(['fault AND service("backend2")']);
    expect(results('edge("bf')).toEqual(['edge("bff", "']);
    expect(results('edge("bff", "b')).toEqual(['edge("bff", "backend2")', 'edge("bff", "bff")']);
  });

  it('offers operators that suit the keyword, then its values', () => {
    expect(labels('http.status ')).toEqual(['=', '!=', '>=', '<=', '>', '<']);
    expect(labels('http.method ')).toEqual(['=', '!=', 'CONTAINS', 'BEGINSWITH', 'ENDSWITH']);
    expect(labels('http.method con')).toEqual(['CONTAINS']);
    expect(results('http.status = ')).toEqual(['http.status = 502 ']);
    expect(results('ok OR http.method = "G')).toEqual(['ok OR http.method = "GET" ']);
  });

  it('offers annotation keys and their values', () => {
    expect(results('annotation.g')).toEqual(['annotation.game ']);
    expect(results('annotation[')).toEqual(['annotation[game] ']);
    expect(results('annotation[game] = ')).toEqual(['annotation[game] = "go" ']);
    expect(results('annotation.game = "g')).toEqual(['annotation.game = "go" ']);
  });

  it('joins what is whole', () => {
    expect(labels('fault ').slice(0, 2)).toEqual(['AND', 'OR']);
    expect(labels('http.status = 502 ').slice(0, 2)).toEqual(['AND', 'OR']);
    expect(labels('fault AND ')).not.toContain('OR');
  });

  it('completes at the caret, not at the end', () => {
    const text = 'service("ba") { fault }';
    const [first] = completeFilter(text, 11, facets);
    expect(first).toMatchObject({ from: 9, to: 11, insert: 'backend2")' });
  });

  it('never throws and stays within the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, at) => {
        const caret = Math.min(at, text.length);
        for (const { from, to } of completeFilter(text, caret, facets)) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBe(caret);
        }
      }),
    );
  });
});

describe('an error', () => {
  it('is where the message says', () => {
    expect(errorPosition('Unexpected token at position 12')).toBe(11);
    expect(errorPosition('Invalid filter')).toBeUndefined();
  });

  it('marks the word there, or the place after the end', () => {
    expect(errorSpan('fault AND http.stats = 5', 10)).toEqual({ from: 10, to: 20 });
    expect(errorSpan('fault AND', 9)).toEqual({ from: 9, to: 10 });
    expect(errorSpan('(', 40)).toEqual({ from: 1, to: 2 });
  });
});
