import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteStateStore } from './sqlite.ts';
import { stateStoreContract } from './store.contract.ts';

stateStoreContract(async () => {
  let now = new Date(0);
  const store = openSqliteStateStore(mkdtempSync(join(tmpdir(), 'hatoba-state-')), () => now);
  return {
    store,
    setNow: (date) => {
      now = date;
    },
  };
});

describe('sqlite state store', () => {
  test('what was committed is there after it is opened again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hatoba-state-'));
    const first = openSqliteStateStore(directory, () => new Date());
    const [version] = await first.commit([{ kind: 'k', key: 'a', expect: 'absent', put: { n: 1 } }]);
    await first.close();
    const second = openSqliteStateStore(directory, () => new Date());
    expect(await second.get('k', 'a')).toEqual({ key: 'a', value: { n: 1 }, version });
    await second.close();
  });

  test('two processes on one file see each other and never both win', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hatoba-state-'));
    const one = openSqliteStateStore(directory, () => new Date());
    const two = openSqliteStateStore(directory, () => new Date());
    const seen: string[] = [];
    two.watch('k', 0, (event) => seen.push(event.key));
    const [version] = await one.commit([{ kind: 'k', key: 'a', expect: 'absent', put: 1 }]);
    await two.commit([{ kind: 'k', key: 'a', expect: version!, put: 2 }]);
    await expect(one.commit([{ kind: 'k', key: 'a', expect: version!, put: 3 }])).rejects.toThrow('changed by someone');
    await one.commit([{ kind: 'k', key: 'b', expect: 'absent', put: 1 }]);
    await expect.poll(() => seen, { timeout: 3_000 }).toEqual(['a', 'a', 'b']);
    await one.close();
    await two.close();
  });

  test('a file that is no database is an error at open', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hatoba-state-'));
    writeFileSync(join(directory, 'state.sqlite'), 'this is not a database, it is a text of some length'.repeat(100));
    chmodSync(join(directory, 'state.sqlite'), 0o600);
    expect(() => openSqliteStateStore(directory, () => new Date())).toThrow(/not a database/);
  });
});
