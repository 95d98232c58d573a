import { expect, it } from 'vitest';
import { fromLines, toLines } from './rule-attributes.ts';

it('attributes of a rule are lines, and lines that no rule can have are told', () => {
  const attributes = { tenant: 'gold-*', 'url.query': '*a=b*' };
  expect(toLines(attributes)).toBe('tenant=gold-*\nurl.query=*a=b*');
  expect(fromLines(`\n${toLines(attributes)}\n`)).toEqual(attributes);
  expect(fromLines(' tenant = gold ')).toEqual({ tenant: 'gold' });
  expect(fromLines(toLines())).toEqual({});
  for (const wrong of [
    'tenant',
    '=gold',
    'tenant=',
    'a=1\na=2',
    'a=1\nb=1\nc=1\nd=1\ne=1\nf=1',
    `a=${'x'.repeat(33)}`,
  ]) {
    expect(fromLines(wrong)).toBeUndefined();
  }
});
