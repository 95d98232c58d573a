-- Days that were thinned, by account and region: a row when the decisions are complete (is_done 0), another when what
-- went is gone (is_done 1), both under the version of their decisions in trace_weights.
CREATE TABLE IF NOT EXISTS trace_thinned (
  account LowCardinality(String),
  region LowCardinality(String),
  day DateTime('UTC'),
  version UInt64,
  is_done UInt8,
  at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
  grouped UInt64,
  problem UInt64,
  slow UInt64,
  rare UInt64,
  sampled UInt64,
  thinned UInt64,
  thinned_documents UInt64,
  bytes_before UInt64,
  bytes_after UInt64
) ENGINE = MergeTree
PARTITION BY toDate(day)
ORDER BY (account, region, day, version, is_done)
SETTINGS index_granularity = 1024
