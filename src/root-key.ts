import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newAlphanumericId } from './platform/ids.ts';
import { StartError } from './start-error.ts';

export interface RootKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The account's own key, made at the first start with `auth: enforce`: whoever can read the data directory of hatoba is
 * its owner. Deleting the file makes a new key at the next start.
 */
export function readOrMakeRootKey(dataDir: string): RootKey {
  const path = join(dataDir, 'root-key.json');
  try {
    const key = JSON.parse(readFileSync(path, 'utf8')) as Partial<RootKey>;
    if (key.accessKeyId && key.secretAccessKey) return key as RootKey;
    throw new StartError(`${path} holds no key; delete it and a new one is made`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new StartError(`${path} cannot be read: ${(error as Error).message}; delete it and a new one is made`);
    }
  }
  const key: RootKey = {
    accessKeyId: `AKIA${newAlphanumericId(16)}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  writeFileSync(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
