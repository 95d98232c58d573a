-- Which version of a minute, or an hour, of the map holds: the greatest. A row is written after all that belongs to its
-- version. One that is not valid says that the minute has to be counted anew. An hour's digest is that of its minutes
-- and their versions, so an hour whose minutes have changed since is known to be out of date.
CREATE TABLE IF NOT EXISTS trace_map_settled (
  account LowCardinality(String),
  region LowCardinality(String),
  tier LowCardinality(String),
  start DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  version UInt64 CODEC(ZSTD(1)),
  as_of DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  is_valid UInt8,
  digest UInt64 CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(start)
ORDER BY (account, region, tier, start, version)
SETTINGS index_granularity = 1024
