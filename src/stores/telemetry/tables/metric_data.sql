-- One row per stored datum: a statistic set, with its values and their counts where they are known (percentiles).
CREATE TABLE IF NOT EXISTS metric_data (
  account LowCardinality(String),
  region LowCardinality(String),
  namespace LowCardinality(String),
  name LowCardinality(String),
  dimensions String CODEC(ZSTD(1)),
  timestamp DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  unit LowCardinality(String),
  resolution UInt8,
  sample_count Float64 CODEC(ZSTD(1)),
  sum Float64 CODEC(ZSTD(1)),
  minimum Float64 CODEC(ZSTD(1)),
  maximum Float64 CODEC(ZSTD(1)),
  value_list Array(Float64) CODEC(ZSTD(1)),
  count_list Array(Float64) CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(timestamp)
ORDER BY (account, region, namespace, name, dimensions, timestamp)
SETTINGS index_granularity = 1024
