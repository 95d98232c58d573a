-- What the map shows of one minute: requests of a service (kind node) or calls of one to another (kind edge), added up
-- when nothing has arrived for a while. A minute is counted anew under a greater version when something arrives late;
-- trace_map_settled says which version holds. Buckets below 100 s are an array by bucket number, as long as needed.
-- Small granules: a map reads a few minutes of every key, a time series all minutes of one.
CREATE TABLE IF NOT EXISTS trace_map_minutes (
  account LowCardinality(String),
  region LowCardinality(String),
  kind LowCardinality(String),
  name LowCardinality(String),
  type LowCardinality(String),
  is_root UInt8,
  call_name LowCardinality(String),
  hint String CODEC(ZSTD(1)),
  callee_name LowCardinality(String),
  callee_type LowCardinality(String),
  target_name LowCardinality(String),
  target_type LowCardinality(String),
  start DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  version UInt64 CODEC(ZSTD(1)),
  ok UInt64 CODEC(T64, ZSTD(1)),
  error UInt64 CODEC(T64, ZSTD(1)),
  throttle UInt64 CODEC(T64, ZSTD(1)),
  fault UInt64 CODEC(T64, ZSTD(1)),
  total_micros UInt64 CODEC(T64, ZSTD(1)),
  first_start Int64 CODEC(Delta(8), ZSTD(1)),
  last_end Int64 CODEC(Delta(8), ZSTD(1)),
  histogram Array(UInt32) CODEC(ZSTD(1)),
  long_buckets Array(UInt32) CODEC(ZSTD(1)),
  long_counts Array(UInt64) CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(start)
ORDER BY (account, region, kind, name, type, is_root, call_name, callee_name, target_name, start)
SETTINGS index_granularity = 128
