import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A directory of its own under the system's temporary one; gone when the test file, or the program, has ended. */
export function newDirectory(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  made.push(directory);
  return directory;
}

function removeAll(): void {
  for (const directory of made.splice(0)) {
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // What another user wrote there stays.
    }
  }
}

process.on('exit', removeAll);
if (process.env.VITEST) {
  // The runner ends its workers without an exit. Declared before any hook of the test file, this one is run after them.
  const { afterAll } = await import('vitest');
  afterAll(removeAll);
}
