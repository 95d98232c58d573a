-- What insights look at: requests of each node of the map, minute by minute, for each group that has insights. A minute
-- is written again when late segments change it; the last one counts. Thinning traces later does not change the past.
CREATE TABLE IF NOT EXISTS node_minutes (
  account LowCardinality(String),
  region LowCardinality(String),
  group_name LowCardinality(String),
  name LowCardinality(String),
  type LowCardinality(String),
  minute DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  requests UInt64 CODEC(T64, ZSTD(1)),
  ok UInt64 CODEC(T64, ZSTD(1)),
  faults UInt64 CODEC(T64, ZSTD(1)),
  client_requests UInt64 CODEC(T64, ZSTD(1)),
  client_ok UInt64 CODEC(T64, ZSTD(1)),
  client_faults UInt64 CODEC(T64, ZSTD(1)),
  outside UInt8,
  evaluated DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(evaluated)
PARTITION BY toDate(minute)
ORDER BY (account, region, group_name, name, type, minute)
SETTINGS index_granularity = 1024
