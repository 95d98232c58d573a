import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './en.json' with { type: 'json' };
import ja from './ja.json' with { type: 'json' };
import { translate, translateCode } from './text.ts';

const root = join(import.meta.dirname, '..');
const sources = readdirSync(root, { recursive: true })
  .map(String)
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(root, name), 'utf8'));
const english: Record<string, string> = en;
const japanese: Record<string, string> = ja;

/** Families of keys that are chosen by what the server says, such as a task's status. */
const families = [...sources.join('\n').matchAll(/`([a-z-]+)\.\$\{/g)].map((match) => match[1] ?? '');

describe('words', () => {
  it('exist in both languages, and none is empty', () => {
    expect(Object.keys(japanese)).toEqual(Object.keys(english));
    expect(Object.keys(english).length).toBeGreaterThan(300);
    for (const words of [english, japanese])
      expect(Object.values(words).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('take the same values in both languages', () => {
    const values = (text = '') => [...new Set(text.match(/\{\w+\}/g))].sort();
    for (const key of Object.keys(english)) expect([key, values(japanese[key])]).toEqual([key, values(english[key])]);
  });

  it('exist for every key that the sources use', () => {
    const used = sources.flatMap((source) => [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? ''));
    expect(used.length).toBeGreaterThan(300);
    expect(used.filter((key) => !(key in english))).toEqual([]);
  });

  it('are all used', () => {
    const everything = sources.join('\n');
    expect(families.length).toBeGreaterThan(5);
    const unused = Object.keys(english).filter(
      (key) => !everything.includes(`'${key}'`) && !families.includes(key.split('.')[0] ?? ''),
    );
    expect(unused).toEqual([]);
  });
});

describe('translate', () => {
  it('puts values in, and text with braces in a value stays as it is', () => {
    expect(translate({ a: '{x} of {y}' }, 'a', { x: '{y}', y: 2 })).toBe('{y} of 2');
  });

  it('does not take inherited names for messages', () => {
    expect(translateCode({}, 'constructor')).toBeUndefined();
    expect(translate({}, 'toString')).toBe('toString');
  });
});
