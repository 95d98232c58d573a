// Runs every test and ends with one line: `N passed, N failed, N skipped`. Skips are listed with what would run them.
// HATOBA_TEST_REQUIRE=browser,awscli,python makes a skip for one of these programs a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = mkdtempSync(join(tmpdir(), 'hatoba-test-report-'));
const report = join(directory, 'report.json');
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);

let results;
try {
  results = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('The test runner ended without a report.');
  process.exit(status || 1);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const skipped = results.testResults.flatMap((file) =>
  file.assertionResults.filter(
    (test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo',
  ),
);
const names = new Map();
for (const test of skipped) names.set(test.fullName, (names.get(test.fullName) ?? 0) + 1);
for (const [name, count] of names) console.log(`skipped: ${name}${count > 1 ? ` (${count} times)` : ''}`);
// A file that could not even be loaded has no failed test of its own.
const brokenFiles = results.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
);
for (const file of brokenFiles) console.log(`failed to load: ${file.name}: ${file.message}`);
const failed = results.numFailedTests + brokenFiles.length;
console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed > 0 || results.numPassedTests === 0 ? 1 : status === 0 ? 0 : status || 1);
