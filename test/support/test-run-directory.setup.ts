import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a run of the tests a directory for temporary files, open to every user as `/tmp` is (some tests run hatoba as
 * another user), and removes it with all that is in it when the run has ended.
 */
export default function testRunDirectory(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'hatoba-tests-'));
  chmodSync(directory, 0o1777);
  process.env.TMPDIR = directory;
  return () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
