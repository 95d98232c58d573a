/**
 * Writes docs/compatibility.md: starts hatoba with the fake runtime on free ports and a temporary data directory, asks it
 * which operations it answers, and sets them beside the model pack. `--check` writes nothing and fails when the page is old.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../src/config.ts';
import { startHatoba } from '../src/main.ts';
import { openModelPack } from '../src/wire/aws/model-pack.ts';
import { compatibilityPage } from './compatibility-page.ts';

const pagePath = fileURLToPath(new URL('../docs/compatibility.md', import.meta.url));

async function implementedOperations(): Promise<Record<string, string[]>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'hatoba-compatibility-'));
  const anyPort = { port: 0, xrayPort: 0, otlpHttpPort: 0, otlpGrpcPort: 0, edgePort: 0 };
  const hatoba = await startHatoba(
    configSchema.parse({ ...anyPort, dataDir, runtime: 'fake', network: 'loopback', logLevel: 'error' }),
  );
  try {
    await hatoba.ready;
    const answer = await fetch(`${hatoba.url}/_hatoba/operations`);
    return (await answer.json()) as Record<string, string[]>;
  } finally {
    await hatoba.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const implemented = await implementedOperations();
const pack = openModelPack();
const unknown = Object.keys(implemented).filter((service) => !pack.services.has(service));
if (unknown.length > 0) throw new Error(`not in the model pack: ${unknown.join(', ')}`);
const page = compatibilityPage(
  [...pack.services.keys()].map((service) => ({ model: pack.load(service), implemented: implemented[service] ?? [] })),
);
if (!process.argv.includes('--check')) writeFileSync(pagePath, page);
else if (readFileSync(pagePath, 'utf8') !== page) {
  console.error('docs/compatibility.md is old: run `npm run generate` and commit it.');
  process.exitCode = 1;
}
