/** Bounds of the embedded engine; without them it takes up to nine tenths of the machine's memory. */
export interface EngineLimits {
  readonly memoryBytesMax: number;
}

const MiB = 1024 * 1024;

/**
 * Server configuration of the embedded engine. Caches default to 5 GiB each; with these bounds a group-by of two million
 * keys peaked at 1.2 GB instead of 5.3 GB (it spills to disk) and takes three times as long.
 */
export function engineConfig(limits: EngineLimits): string {
  const entries: Record<string, number> = {
    max_server_memory_usage: limits.memoryBytesMax,
    mark_cache_size: 64 * MiB,
    index_mark_cache_size: 32 * MiB,
    primary_index_cache_size: 128 * MiB,
    uncompressed_cache_size: 0,
    query_condition_cache_size: 32 * MiB,
    mmap_cache_size: 100,
    compiled_expression_cache_size: 8 * MiB,
    background_pool_size: 1,
    background_schedule_pool_size: 4,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 1,
    background_buffer_flush_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    max_thread_pool_free_size: 4,
  };
  const elements = (of: Readonly<Record<string, string | number>>) =>
    Object.entries(of).map(([name, value]) => `  <${name}>${value}</${name}>\n`);
  const server = Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, Math.floor(value)]));
  return `<clickhouse>\n${elements(server).join('')}<merge_tree>\n${elements(tableSettings).join('')}</merge_tree>\n</clickhouse>\n`;
}

/**
 * Of all tables, new and old. A row is merged two or three times in its first minutes, which cost as much as inserting
 * it: see `docs/decisions/0021-merges.md`.
 */
const tableSettings: Readonly<Record<string, string | number>> = {
  // Statistics of every column help to order joins of many tables; nothing here has such.
  auto_statistics_types: '',
  // A part of few rows is one file, not two for each column.
  min_bytes_for_wide_part: 64 * MiB,
};

/** Settings of every query; a request's own come after them and win. */
export function defaultQuerySettings(limits: EngineLimits): Record<string, string | number> {
  return {
    max_memory_usage: Math.floor(limits.memoryBytesMax * 0.7),
    max_bytes_before_external_group_by: Math.floor(limits.memoryBytesMax * 0.25),
    max_bytes_before_external_sort: Math.floor(limits.memoryBytesMax * 0.25),
    max_result_bytes: 128 * MiB,
    output_format_json_quote_64bit_integers: 1,
  };
}

/**
 * Settings of every insert. The n-gram index of log messages is half of what a line costs to insert, and of no use in a
 * part of a few thousand lines, which is read in a millisecond: it is made when parts are merged.
 */
export const defaultInsertSettings: Readonly<Record<string, string | number>> = {
  exclude_materialize_skip_indexes_on_insert: 'ngram_message',
};
