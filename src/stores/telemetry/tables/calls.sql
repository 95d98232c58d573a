-- One row for each call that a service made. An edge of the map is calls.id = segments.parent_id; a call whose callee
-- never reports infers the node target_name, target_type.
CREATE TABLE IF NOT EXISTS calls (
  account LowCardinality(String),
  region LowCardinality(String),
  trace_id FixedString(32) CODEC(ZSTD(1)),
  id FixedString(16) CODEC(ZSTD(1)),
  parent_id String CODEC(ZSTD(1)),
  owner_name LowCardinality(String),
  owner_type LowCardinality(String),
  owner_known UInt8,
  name LowCardinality(String),
  namespace LowCardinality(String),
  target_name LowCardinality(String),
  target_type LowCardinality(String),
  path String CODEC(ZSTD(1)),
  link UInt8,
  start DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  end DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  in_progress UInt8,
  fault UInt8,
  error UInt8,
  throttle UInt8,
  http_method LowCardinality(String),
  http_url String CODEC(ZSTD(3)),
  http_status UInt16,
  stored DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX bloom_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start)
ORDER BY (account, region, owner_name, start, trace_id)
SETTINGS index_granularity = 1024
