// What to run before each commit: format and lint, types, generated files, architecture, unit and contract tests.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (path) => join(root, 'node_modules', path);
const steps = [
  ['format and lint', [bin('@biomejs/biome/bin/biome'), 'ci', '--diagnostic-level=error', '.']],
  ['types', [bin('typescript/bin/tsc'), '-p', '.']],
  ['types of the console', [bin('typescript/bin/tsc'), '-p', 'console']],
  ['compatibility page', ['--import', 'tsx', 'scripts/generate-compatibility.ts', '--check']],
  ['settings page', ['--import', 'tsx', 'scripts/generate-settings.ts', '--check']],
  ['unit, contract and architecture tests', [bin('vitest/vitest.mjs'), 'run', '--project', 'unit', '--reporter=dot']],
];

const startedMs = Date.now();
const failed = [];
for (const [title, args] of steps) {
  const stepStartedMs = Date.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${title}  ${((Date.now() - stepStartedMs) / 1000).toFixed(1)} s`);
  if (status !== 0) failed.push(title);
}
console.log(
  `check took ${((Date.now() - startedMs) / 1000).toFixed(1)} s${failed.length ? `; failed: ${failed.join(', ')}` : ''}`,
);
process.exit(failed.length === 0 ? 0 : 1);
