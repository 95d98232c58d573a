import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { version } from './version.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('package.json, server and command line say the same version', () => {
  expect(JSON.parse(read('../package.json')).version).toBe(version);
  expect(read('../cli/main.ts')).toContain(`.version('${version}')`);
});
