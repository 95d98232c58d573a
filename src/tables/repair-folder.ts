import { createRequire } from 'node:module';

/** The part of LevelDB's interface that is used here. */
export interface LevelStore {
  open(): Promise<void>;
  close(): Promise<void>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[key: string, table: any]>;
  put(key: string, value: unknown): Promise<void>;
  get(key: string): Promise<any>;
  del(key: string): Promise<void>;
  clear(range: { gte: string; lt: string }): Promise<void>;
}

/** Dynalite's own store over a folder, with its encoding. */
export function openLevel(folder: string): LevelStore {
  const { Level } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('level');
  return new Level(folder, { valueEncoding: 'json' });
}

/**
 * Opens a folder before dynalite does, which would hide that it cannot, and ends what a kill interrupted: a table is
 * otherwise CREATING or DELETING for ever. Rejects when the folder is locked or damaged.
 */
export async function repairFolder(folder: string): Promise<void> {
  const level = openLevel(folder);
  await level.open();
  try {
    for await (const [key, table] of level.iterator(startingWith('table~'))) {
      if (table?.TableStatus === 'DELETING') await finishDelete(level, key, table.TableName);
      else if (isUnfinished(table)) await level.put(key, activated(table));
    }
  } finally {
    await level.close();
  }
}

async function finishDelete(level: LevelStore, key: string, tableName: string): Promise<void> {
  for (const kind of ['item-', 'tag-', 'index-local~', 'index-global~']) {
    await level.clear(startingWith(`${kind}${tableName}~`));
  }
  await level.del(key);
}

function isUnfinished(table: any): boolean {
  const indexes: any[] = table?.GlobalSecondaryIndexes ?? [];
  const states = [table?.TableStatus, ...indexes.map((index) => index.IndexStatus)];
  return states.some((state) => state === 'CREATING' || state === 'UPDATING');
}

const activated = (table: any): object => ({
  ...table,
  TableStatus: 'ACTIVE',
  ...(table.GlobalSecondaryIndexes && {
    GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.map((index: any) => ({ ...index, IndexStatus: 'ACTIVE' })),
  }),
});

const startingWith = (prefix: string) => ({ gte: prefix, lt: `${prefix}\uffff` });
