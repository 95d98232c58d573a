-- One row for each link of a segment or span to one of another trace: what was consumed here was produced there.
CREATE TABLE IF NOT EXISTS span_links (
  account LowCardinality(String),
  region LowCardinality(String),
  trace_id FixedString(32) CODEC(ZSTD(1)),
  id FixedString(16) CODEC(ZSTD(1)),
  name LowCardinality(String),
  type LowCardinality(String),
  is_root UInt8,
  start DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  end DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  in_progress UInt8,
  fault UInt8,
  error UInt8,
  throttle UInt8,
  linked_trace_id FixedString(32) CODEC(ZSTD(1)),
  linked_id FixedString(16) CODEC(ZSTD(1)),
  stored DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX bloom_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX bloom_linked linked_trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start)
ORDER BY (account, region, start, trace_id)
SETTINGS index_granularity = 1024
