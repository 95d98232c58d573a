import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { colour, series } from './theme.ts';

const here = import.meta.dirname;
const css = readFileSync(join(here, 'theme.css'), 'utf8');
const [light = '', dark = ''] = css.split('.awsui-dark-mode');
const names = [...Object.values(colour), ...series].map((value) => value.slice(4, -1));

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /\.(tsx?|css)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

describe('colours', () => {
  it('have a value in light and in dark mode', () => {
    for (const name of names) {
      expect(light).toContain(`${name}: #`);
      expect(dark).toContain(`${name}: #`);
    }
  });

  it('are named nowhere but in the theme', () => {
    const files = sources(here);
    expect(files.length).toBeGreaterThan(30);
    const outside = files.filter((file) => !/theme\.(ts|css)$/.test(file));
    const offenders = outside.filter((file) => /#[0-9a-f]{6}\b|rgba?\(|--color-/i.test(readFileSync(file, 'utf8')));
    expect(offenders).toEqual([]);
  });

  it('used in style sheets exist', () => {
    const used = sources(here).flatMap((file) => readFileSync(file, 'utf8').match(/var\((--hatoba-[\w-]+)\)/g) ?? []);
    expect(used.length).toBeGreaterThan(names.length);
    for (const name of used) expect(names).toContain(name.slice(4, -1));
  });

  const built = join(here, '../dist/assets');
  it.skipIf(!existsSync(built))('are in the built style sheet, under the class that Cloudscape sets', () => {
    const sheets = readdirSync(built).filter((name) => name.endsWith('.css'));
    const text = sheets.map((name) => readFileSync(join(built, name), 'utf8')).join('\n');
    for (const name of names) expect(text.split(`${name}:`).length - 1).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/\.awsui-dark-mode\{--hatoba/);
  });
});
