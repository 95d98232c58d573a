import { expect, test } from 'vitest';
import { parseTableDefinition, readTableDefinitions } from './load-tables.ts';

test('every table file follows the rules', () => {
  const tables = readTableDefinitions();
  expect(tables.map((table) => table.name)).toContain('metric_data');
  for (const table of tables) expect(table.createSql).toContain('non_replicated_deduplication_window = 1000');
});

test('settings of the file are kept, a file without days is refused', () => {
  const create = 'CREATE TABLE IF NOT EXISTS t (at DateTime) ENGINE = MergeTree ORDER BY at';
  const definition = parseTableDefinition(
    't.sql',
    `-- why\n${create} PARTITION BY toDate(at) SETTINGS index_granularity = 256;`,
  );
  expect(definition.timeColumn).toBe('at');
  expect(definition.createSql).toMatch(/index_granularity = 256, non_replicated/);
  expect(() => parseTableDefinition('t.sql', create)).toThrow('PARTITION BY');
  expect(() => parseTableDefinition('u.sql', create)).toThrow('CREATE TABLE');
});
