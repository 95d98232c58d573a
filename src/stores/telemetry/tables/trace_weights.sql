-- What thinning decided for the traces of a day, as far as it is not one for one: a kept trace that stands for several
-- (weight 2 and more), and one that went (weight 0). Only versions that trace_thinned names count.
CREATE TABLE IF NOT EXISTS trace_weights (
  account LowCardinality(String),
  region LowCardinality(String),
  start DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  trace_id FixedString(32) CODEC(ZSTD(1)),
  weight UInt32 CODEC(T64, ZSTD(1)),
  version UInt64 CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(start)
ORDER BY (account, region, start, trace_id)
SETTINGS index_granularity = 1024
