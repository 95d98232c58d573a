import { mkdirSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newHexId } from '../../../platform/ids.ts';
import { StatementError } from './rewrite-statement.ts';

/**
 * Files that binary rows pass through on their way into the engine, for as long as one insert takes. They are in a
 * directory of their own, which is emptied when the engine starts: what a killed process left was never acknowledged.
 */
export class InsertFiles {
  private readonly directory: string;
  private count = 0;

  constructor(dataDirectory: string) {
    this.directory = path.join(dataDirectory, 'inserting');
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  async withFile<T>(bytes: Buffer, use: (path: string) => Promise<T>): Promise<T> {
    this.count += 1;
    const file = path.join(this.directory, `${this.count}-${newHexId(4)}.bin`);
    try {
      await writeFile(file, bytes, { mode: 0o600 }).catch(refuseFullDisk);
      return await use(file);
    } finally {
      await rm(file, { force: true });
    }
  }
}

/** In the engine's words, type included, so that the sender is told what it would be told had the engine met the full disk. */
function refuseFullDisk(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
  throw new StatementError(243, 'Cannot keep the rows to insert (NOT_ENOUGH_SPACE)');
}
