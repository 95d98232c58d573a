import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { quoteIdentifier, quoteString } from './rewrite-statement.ts';
import type { EngineSession } from './session-pool.ts';

/**
 * The engine writes a batch's token into its deduplication log before it moves the batch's part into place. Killed in
 * between, it would take the batch, sent again, for stored already, and an acknowledged batch would be lost. So, before
 * anything is served, records of parts that do not exist are taken out. Resolves with how many there were.
 */
export async function repairDeduplication(session: EngineSession, database: string): Promise<number> {
  const found = await session.query(
    `SELECT name, data_paths[1] AS path FROM system.tables
     WHERE database = ${quoteString(database)} AND engine LIKE '%MergeTree'`,
    'JSONEachRow',
  );
  const lines = Buffer.from(found.bytes).toString().split('\n').filter(Boolean);
  let removed = 0;
  for (const table of lines.map((line) => JSON.parse(line) as { name: string; path: string })) {
    if (phantomRecords(table.path).length === 0) continue;
    const name = `${quoteIdentifier(database)}.${quoteIdentifier(table.name)}`;
    // Detached, it merges nothing and holds no log open: what is missing now is missing.
    await session.query(`DETACH TABLE ${name} SYNC`, 'Null');
    removed += removeRecords(table.path);
    await session.query(`ATTACH TABLE ${name}`, 'Null');
  }
  return removed;
}

const logDirectory = (tablePath: string): string => path.join(tablePath, 'deduplication_logs');

const logFiles = (tablePath: string): string[] =>
  existsSync(logDirectory(tablePath))
    ? readdirSync(logDirectory(tablePath))
        .filter((name) => name.endsWith('.txt'))
        .map((name) => path.join(logDirectory(tablePath), name))
    : [];

function phantomRecords(tablePath: string): string[] {
  const records = logFiles(tablePath).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return findPhantoms(records, readdirSync(tablePath));
}

function removeRecords(tablePath: string): number {
  const phantoms = new Set(phantomRecords(tablePath));
  for (const file of logFiles(tablePath)) {
    const kept = readFileSync(file, 'utf8')
      .split('\n')
      .filter((record) => !phantoms.has(record));
    writeFileSync(`${file}.new`, kept.join('\n'));
    renameSync(`${file}.new`, file);
  }
  return phantoms.size;
}

interface Part {
  readonly partition: string;
  readonly minBlock: number;
  readonly maxBlock: number;
}

/** Records `1 <tab> part <tab> token` (an addition) whose part is neither there nor merged into one that is. */
export function findPhantoms(records: readonly string[], partNames: readonly string[]): string[] {
  const parts = partNames.flatMap((name) => parsePart(name) ?? []);
  return records.filter((record) => {
    const [operation, name] = record.split('\t');
    const part = operation === '1' ? parsePart(name ?? '') : undefined;
    if (!part) return false;
    return !parts.some(
      (other) =>
        other.partition === part.partition && other.minBlock <= part.minBlock && other.maxBlock >= part.maxBlock,
    );
  });
}

function parsePart(name: string): Part | undefined {
  const match = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name);
  return match ? { partition: match[1]!, minBlock: Number(match[2]), maxBlock: Number(match[3]) } : undefined;
}
