import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { destinationOf, messageKey, readable, subjectOf } from './verdict-words.ts';

describe('findings', () => {
  it('lead to traces of the slow service, slowest first', () => {
    const finding = {
      code: 'service-slow',
      params: { service: 'backend2', ownSeconds: 5.01 },
      link: { page: 'traces', params: { service: 'backend2', sort: 'slowest' } },
    };
    expect(destinationOf(finding)).toEqual({ to: '/traces', search: { filter: 'service("backend2")', sort: 'slow' } });
    expect(messageKey(finding)).toBe('verdict.service-slow-new');
    expect(readable(finding.params).ownSeconds).toBe('5.01 s');
  });

  it('lead to the traces whose call to the dependency failed', () => {
    const link = { page: 'traces', params: { service: 'backend1', dependency: 'table' } };
    expect(destinationOf({ code: 'edge-faults', params: {}, link }).search?.filter).toBe(
      'edge("backend1", "table") { fault = true OR error = true }',
    );
  });

  it('lead to the insight, which stays the same subject while its figures change', () => {
    const link = { page: 'insight', params: { id: '5d7c' } };
    const inside = { code: 'insight-inside', params: { service: 'backend1', failed: 3, total: 60, share: 0.05 }, link };
    const felt = { code: 'insight', params: { service: 'backend1', failed: 12000, total: 48000, share: 0.25 }, link };
    expect(destinationOf(felt)).toEqual({ to: '/insights/$insightId', params: { insightId: '5d7c' } });
    expect(subjectOf(felt)).toBe(subjectOf(inside));
    expect(subjectOf({ ...felt, link: { page: 'insight', params: { id: 'other' } } })).not.toBe(subjectOf(felt));
    expect(readable(felt.params)).toMatchObject({ failed: expect.stringMatching(/^12/), share: '25.0 %' });
  });

  it('have words for every code that the overview can send, in both languages', () => {
    const model = readFileSync(join(import.meta.dirname, '../../../../src/overview/model.ts'), 'utf8');
    const union = /type FindingCode =([^;]*);/.exec(model)?.[1] ?? '';
    const namesIn = (text: string) => [...text.matchAll(/'([a-z-]+)'/g)].map((match) => match[1] ?? '');
    const codes = [...namesIn(union), ...namesIn(/readonly code: FindingCode \|([^;]*);/.exec(model)?.[1] ?? '')];
    const sources = namesIn(/type Source =([^;]*);/.exec(model)?.[1] ?? '');
    expect(codes.length).toBeGreaterThan(10);
    expect(sources.length).toBeGreaterThan(5);
    for (const language of ['en', 'ja']) {
      const words = JSON.parse(readFileSync(join(import.meta.dirname, `../../i18n/${language}.json`), 'utf8'));
      for (const code of codes) expect(Object.keys(words)).toContain(`verdict.${code}`);
      for (const source of sources) expect(Object.keys(words)).toContain(`page.${source}`);
    }
  });
});
