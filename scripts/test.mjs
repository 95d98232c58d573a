// Runs every test and ends with one line: `N passed, N failed, N skipped`. Skips are listed with what would run them.
// HATOBA_TEST_REQUIRE=browser,awscli,python makes a skip for one of these programs a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = mkdtempSync(join(tmpdir(), 'hatoba-test-report-'));
// One after the other: end-to-end tests compare what is on the machine before and after, and want it for themselves.
const runs = ['unit', 'integration', 'e2e'].map(runProject);
rmSync(directory, { recursive: true, force: true });
const results = {
  testResults: runs.flatMap((run) => run.results.testResults),
  numPassedTests: runs.reduce((sum, run) => sum + run.results.numPassedTests, 0),
  numFailedTests: runs.reduce((sum, run) => sum + run.results.numFailedTests, 0),
};
const status = runs.find((run) => run.status !== 0)?.status ?? 0;

/** Runs the tests of one project of vitest.config.ts; its report is empty when the runner ended without one. */
function runProject(project) {
  const report = join(directory, `${project}.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  try {
    return { status: status ?? 1, results: JSON.parse(readFileSync(report, 'utf8')) };
  } catch {
    console.error(`The test runner of the ${project} tests ended without a report.`);
    return { status: status || 1, results: { testResults: [], numPassedTests: 0, numFailedTests: 0 } };
  }
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
