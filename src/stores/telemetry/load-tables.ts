import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readColumns, type TableColumn } from './rows/table-columns.ts';

/** One table as its file describes it. */
export interface TableDefinition {
  readonly name: string;
  /** The day column: partitions are days of it, and whole days are dropped. */
  readonly timeColumn: string;
  /** What rows may fill. */
  readonly columns: readonly TableColumn[];
  readonly createSql: string;
  /** Of the file's text: a table whose comment has another one gets the columns that it lacks. */
  readonly fingerprint: string;
}

export class TableDefinitionError extends Error {}

const durableSettings = [
  // A batch that is sent again after a crash makes no second row.
  'non_replicated_deduplication_window = 1000',
  'fsync_after_insert = 1',
];

export function readTableDefinitions(directory = new URL('./tables/', import.meta.url)): TableDefinition[] {
  return readdirSync(fileURLToPath(directory))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => parseTableDefinition(name, readFileSync(fileURLToPath(new URL(name, directory)), 'utf8')));
}

/**
 * The rules of a `tables/*.sql` file: one `CREATE TABLE IF NOT EXISTS <file name> (...)`, `PARTITION BY toDate(<column>)`
 * so that days can be dropped, and SETTINGS, if any, last. Durability settings and the fingerprint are added here.
 */
export function parseTableDefinition(fileName: string, text: string): TableDefinition {
  const name = fileName.replace(/\.sql$/, '');
  const sql = text
    .replace(/^\s*--.*$/gm, '')
    .trim()
    .replace(/;\s*$/, '');
  if (!new RegExp(`^CREATE TABLE IF NOT EXISTS ${name}\\s*\\(`, 'i').test(sql) || !/^\w+$/.test(name)) {
    throw new TableDefinitionError(`${fileName} must be one CREATE TABLE IF NOT EXISTS ${name} (...)`);
  }
  const timeColumn = /PARTITION BY toDate\((\w+)\)/i.exec(sql)?.[1];
  if (!timeColumn) throw new TableDefinitionError(`${fileName} must have PARTITION BY toDate(<column>)`);
  const fingerprint = createHash('sha256').update(sql).digest('hex').slice(0, 32);
  const separator = /\bSETTINGS\b/i.test(sql) ? ',' : '\nSETTINGS';
  return {
    name,
    timeColumn,
    columns: readColumns(sql),
    fingerprint,
    createSql: `${sql}${separator} ${durableSettings.join(', ')}\nCOMMENT 'hatoba:${fingerprint}'`,
  };
}

/** The two calls that making tables needs. */
export interface TableCommands {
  query<Row>(sql: string, parameters?: Record<string, string>): Promise<Row[]>;
  command(sql: string, parameters?: Record<string, string>): Promise<void>;
}

/** Makes what is missing: tables, and columns that a newer file has (additive only). */
export async function ensureTables(definitions: readonly TableDefinition[], engine: TableCommands): Promise<void> {
  const existing = await engine.query<{ name: string; comment: string }>(
    'SELECT name, comment FROM system.tables WHERE database = currentDatabase()',
  );
  const comments = new Map(existing.map((table) => [table.name, table.comment]));
  for (const definition of definitions) {
    const comment = comments.get(definition.name);
    if (comment === undefined) await engine.command(definition.createSql);
    else if (comment !== `hatoba:${definition.fingerprint}`) await addMissingColumns(definition, engine);
  }
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly default_kind: string;
  readonly default_expression: string;
  readonly compression_codec: string;
}

/** The engine reads the file's columns for us: an empty table of the new shape is made and compared. */
async function addMissingColumns(definition: TableDefinition, engine: TableCommands): Promise<void> {
  const shape = `${definition.name}__shape`;
  await engine.command(`DROP TABLE IF EXISTS ${shape} SYNC`);
  await engine.command(definition.createSql.replace(`EXISTS ${definition.name}`, `EXISTS ${shape}`));
  const columnsOf = (table: string) =>
    engine.query<ColumnRow>(
      `SELECT name, type, default_kind, default_expression, compression_codec FROM system.columns
       WHERE database = currentDatabase() AND table = {table:String} ORDER BY position`,
      { table },
    );
  const wanted = await columnsOf(shape);
  const present = new Set((await columnsOf(definition.name)).map((column) => column.name));
  for (const column of wanted.filter((candidate) => !present.has(candidate.name))) {
    const fallback = column.default_kind ? ` ${column.default_kind} ${column.default_expression}` : '';
    const codec = column.compression_codec ? ` ${column.compression_codec}` : '';
    await engine.command(
      `ALTER TABLE ${definition.name} ADD COLUMN IF NOT EXISTS \`${column.name}\` ${column.type}${fallback}${codec}`,
    );
  }
  await engine.command(`DROP TABLE IF EXISTS ${shape} SYNC`);
  await engine.command(`ALTER TABLE ${definition.name} MODIFY COMMENT 'hatoba:${definition.fingerprint}'`);
}
