import { describe, expect, it } from 'vitest';
import { completeFilter, errorPosition } from './complete-filter.ts';

const facets = [{ name: 'node', values: [{ text: 'backend2', count: 3, condition: 'service("backend2")' }] }];
const labels = (text: string) => completeFilter(text, facets).map((completion) => completion.label);

describe('completion', () => {
  it('offers keywords and known values for the word being typed', () => {
    expect(labels('resp')).toEqual(['responsetime >=']);
    expect(labels('ser')).toEqual(['service("', 'service("backend2")']);
    expect(labels('service("ba')).toEqual(['service("backend2")']);
  });

  it('keeps what stands before that word', () => {
    expect(completeFilter('fault AND service("ba', facets)[0]?.value).toBe('fault AND service("backend2")');
  });
});

describe('error position', () => {
  it('is read from the words of the message', () => {
    expect(errorPosition('Unexpected token at position 12')).toBe(11);
    expect(errorPosition('Invalid filter')).toBeUndefined();
  });
});
