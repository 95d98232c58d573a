-- One row for each finished run of a canary. `steps` is a JSON array: url, status, durationMs, bytes, error, traceId.
CREATE TABLE IF NOT EXISTS canary_runs (
  account LowCardinality(String),
  region LowCardinality(String),
  canary_id String CODEC(ZSTD(1)),
  canary_name LowCardinality(String),
  id String CODEC(ZSTD(1)),
  started DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  completed DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  passed UInt8,
  reason String CODEC(ZSTD(1)),
  steps String CODEC(ZSTD(3))
) ENGINE = MergeTree
PARTITION BY toDate(started)
ORDER BY (account, region, canary_name, started)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, non_replicated_deduplication_window = 1000
