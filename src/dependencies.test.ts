import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Packages that a file loads when it runs: not those that it takes types from. */
function loadedBy(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found = [
    ...text.matchAll(/^(?:import|export) (?!type\b)[^;']*?from '([^.'][^']*)'/gm),
    ...text.matchAll(/^import '([^.'][^']*)'/gm),
    ...text.matchAll(/(?<!typeof )\b(?:import|require|require\.resolve)\(\s*'([^.'][^']*)'/g),
  ];
  return found.map(([, name = '']) =>
    name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  );
}

const isBuiltIn = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs|js|cjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(root, folder, name));

test('what runs needs no development dependency', () => {
  const running = ['src', 'cli'].flatMap(filesBelow);
  const missing = running
    .filter((file) => !/[./](?:test|fixture|contract|d|rig|measure)\.ts$|-(?:rig|measure)\.ts$/.test(file))
    .flatMap((file) =>
      loadedBy(file)
        .filter((name) => !isBuiltIn(name) && dependencies[name] === undefined)
        .map((name) => `${file.slice(root.length + 1)}: ${name}`),
    );
  expect(running.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test('no dependency is there for nothing', () => {
  const used = new Set(['src', 'cli', 'examples'].flatMap(filesBelow).flatMap(loadedBy));
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});
