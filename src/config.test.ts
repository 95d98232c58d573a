import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const emptyDirectory = () => mkdtempSync(join(tmpdir(), 'hatoba-config-'));

test('flags beat the environment, which beats the file, which beats the defaults', () => {
  const directory = emptyDirectory();
  writeFileSync(join(directory, 'hatoba.yaml'), 'port: 1\nxrayPort: 1\nedgePort: 1\nimages:\n  shop/bff: ./bff\n');
  const config = loadConfig({ port: 3 }, { HATOBA_PORT: '2', HATOBA_XRAY_PORT: '2' }, directory);
  expect([config.port, config.xrayPort, config.edgePort, config.otlpHttpPort]).toEqual([3, 2, 1, 4318]);
  expect(config.images).toEqual({ 'shop/bff': join(directory, 'bff') });
  expect(config.dataDir).toBe(join(directory, '.hatoba'));
});

test('a wrong setting is one line that names it', () => {
  expect(() => loadConfig({}, { HATOBA_PORT: 'x' }, emptyDirectory())).toThrow(/setting port: .*/);
  expect(() => loadConfig({ account: '12' }, {}, emptyDirectory())).toThrow('an account id has 12 digits');
  const directory = emptyDirectory();
  writeFileSync(join(directory, 'hatoba.yaml'), 'prot: 1');
  expect(() => loadConfig({}, {}, directory)).toThrow(/prot/);
  writeFileSync(join(directory, 'hatoba.yaml'), 'a: [');
  expect(() => loadConfig({}, {}, directory)).toThrow(/hatoba.yaml: /);
  expect(() => loadConfig({}, {}, directory, 'none.yaml')).toThrow('there is no file');
});

test('listening for other machines needs enforced permissions', () => {
  expect(() => loadConfig({ host: '0.0.0.0' }, {}, emptyDirectory())).toThrow(ConfigError);
  expect(loadConfig({ host: '0.0.0.0', auth: 'enforce' }, {}, emptyDirectory()).host).toBe('0.0.0.0');
});
