import { describe, expect, test } from 'vitest';
import type { ChangeEvent, StateStore } from './store.ts';
import { StaleVersionError } from './store.ts';

/** What every state store must do; `setNow` moves the clock that the store was opened with. */
export function stateStoreContract(open: () => Promise<{ store: StateStore; setNow(now: Date): void }>): void {
  describe('state store', () => {
    test('gives back what was put, and nothing for an unknown key', async () => {
      const { store } = await open();
      await store.commit([{ kind: 'cluster', key: 'a/r/shop', expect: 'absent', put: { name: 'shop', tags: ['é'] } }]);
      expect((await store.get('cluster', 'a/r/shop'))?.value).toEqual({ name: 'shop', tags: ['é'] });
      expect(await store.get('cluster', 'a/r/other')).toBeUndefined();
      expect(await store.get('service', 'a/r/shop')).toBeUndefined();
      await store.close();
    });

    test('lists by prefix in key order', async () => {
      const { store } = await open();
      for (const key of ['b/1', 'a/2', 'a/1', 'ab/1', 'a/1/x']) {
        await store.commit([{ kind: 'task', key, expect: 'absent', put: key }]);
      }
      expect((await store.list<string>('task', 'a/')).map((r) => r.value)).toEqual(['a/1', 'a/1/x', 'a/2']);
      expect(await store.list('task')).toHaveLength(5);
      await store.close();
    });

    test('a stale version is refused, and with it the whole commit', async () => {
      const { store } = await open();
      const [first] = await store.commit([{ kind: 'k', key: 'x', expect: 'absent', put: 1 }]);
      await store.commit([{ kind: 'k', key: 'x', expect: first!, put: 2 }]);
      await expect(
        store.commit([
          { kind: 'k', key: 'y', expect: 'absent', put: 1 },
          { kind: 'k', key: 'x', expect: first!, put: 3 },
        ]),
      ).rejects.toThrow(StaleVersionError);
      expect((await store.get('k', 'x'))?.value).toBe(2);
      expect(await store.get('k', 'y')).toBeUndefined();
      await expect(store.commit([{ kind: 'k', key: 'x', expect: 'absent', put: 4 }])).rejects.toThrow(
        StaleVersionError,
      );
      await expect(store.commit([{ kind: 'k', key: 'gone', expect: 7, delete: true }])).rejects.toThrow(
        StaleVersionError,
      );
      await store.close();
    });

    test('versions only grow, over all resources, also after a delete', async () => {
      const { store } = await open();
      const [a] = await store.commit([{ kind: 'k', key: 'a', expect: 'absent', put: 1 }]);
      const [b, c] = await store.commit([
        { kind: 'k', key: 'b', expect: 'absent', put: 1 },
        { kind: 'k', key: 'a', expect: a!, delete: true },
      ]);
      const [d] = await store.commit([{ kind: 'k', key: 'a', expect: 'absent', put: 2 }]);
      expect([a! < b!, b! < c!, c! < d!]).toEqual([true, true, true]);
      await store.close();
    });

    test('of a hundred racing writers each increment counts once', async () => {
      const { store } = await open();
      await store.commit([{ kind: 'k', key: 'n', expect: 'absent', put: 0 }]);
      const increment = async (): Promise<void> => {
        for (;;) {
          const read = (await store.get<number>('k', 'n'))!;
          try {
            await store.commit([{ kind: 'k', key: 'n', expect: read.version, put: read.value + 1 }]);
            return;
          } catch (error) {
            if (!(error instanceof StaleVersionError)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 100 }, increment));
      expect((await store.get('k', 'n'))?.value).toBe(100);
      await store.close();
    });

    test('a watcher sees each change of its kind once, in order, from the version it names', async () => {
      const { store } = await open();
      const [first] = await store.commit([{ kind: 'k', key: 'a', expect: 'absent', put: 1 }]);
      await store.commit([{ kind: 'k', key: 'b', expect: 'absent', put: 1 }]);
      const late: ChangeEvent[] = [];
      const fresh: ChangeEvent[] = [];
      store.watch('k', first!, (event) => late.push(event));
      const stop = store.watch('k', 0, (event) => fresh.push(event));
      await store.commit([{ kind: 'other', key: 'z', expect: 'absent', put: 1 }]);
      await store.commit([{ kind: 'k', key: 'a', expect: 'any', delete: true }]);
      await expect
        .poll(() => late.map((e) => [e.key, e.deleted]))
        .toEqual([
          ['b', false],
          ['a', true],
        ]);
      expect(fresh.map((e) => e.key)).toEqual(['a']);
      stop();
      await store.commit([{ kind: 'k', key: 'c', expect: 'absent', put: 1 }]);
      await expect.poll(() => late.length).toBe(3);
      expect(fresh).toHaveLength(1);
      await store.close();
    });

    test('a lease has one owner until it is released or has run out', async () => {
      const { store, setNow } = await open();
      setNow(new Date(1_000));
      expect(await store.acquireLease('scheduler', 'one', 500)).toMatchObject({ owner: 'one' });
      expect(await store.acquireLease('scheduler', 'two', 500)).toBeUndefined();
      expect(await store.acquireLease('scheduler', 'one', 800)).toMatchObject({ expiresAt: new Date(1_800) });
      setNow(new Date(1_800));
      expect(await store.acquireLease('scheduler', 'two', 500)).toMatchObject({ owner: 'two' });
      await store.releaseLease('scheduler', 'one');
      expect(await store.acquireLease('scheduler', 'one', 500)).toBeUndefined();
      await store.releaseLease('scheduler', 'two');
      expect(await store.acquireLease('scheduler', 'one', 500)).toMatchObject({ owner: 'one' });
      await store.close();
    });
  });
}
