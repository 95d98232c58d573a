-- One row per log event. `sequence` grows with each event that is stored and never repeats, so (ts, sequence) is a total order.
-- Events that were read from a task's output say which bytes of which file they are; that is where reading goes on.
-- Substrings are found by the n-gram index; an index of words would cost six times its size and miss words beside non-ASCII text.
CREATE TABLE IF NOT EXISTS log_events (
  account LowCardinality(String),
  region LowCardinality(String),
  log_group LowCardinality(String),
  log_stream LowCardinality(String),
  ts DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  ingestion DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  message String CODEC(ZSTD(1)),
  bytes UInt32 CODEC(T64, ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  cluster LowCardinality(String),
  service LowCardinality(String),
  task LowCardinality(String),
  container LowCardinality(String),
  deployment LowCardinality(String),
  revision LowCardinality(String),
  image LowCardinality(String),
  source_path LowCardinality(String),
  source_generation UInt32 CODEC(ZSTD(1)),
  source_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  source_end UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX minmax_ts ts TYPE minmax GRANULARITY 1,
  INDEX set_stream log_stream TYPE set(64) GRANULARITY 1,
  INDEX set_source source_path TYPE set(64) GRANULARITY 1,
  INDEX bloom_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ngram_message message TYPE ngrambf_v1(4, 32768, 3, 0) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (account, region, log_group, ts, sequence)
