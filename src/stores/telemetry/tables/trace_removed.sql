-- Days from which traces were removed because their groups keep them no longer, by account and region: a row when it is
-- decided what goes (is_done 0), another when that is gone (is_done 1), both under the version of the decisions in
-- trace_weights. `rule` tells the same decision of the same groups from any other; what was stored after `as_of` is not
-- decided about. `counts` are traces of `groups`; the group without a name is all that no group keeps.
CREATE TABLE IF NOT EXISTS trace_removed (
  account LowCardinality(String),
  region LowCardinality(String),
  day DateTime('UTC'),
  version UInt64,
  is_done UInt8,
  at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
  as_of DateTime64(3, 'UTC'),
  rule String,
  groups Array(String),
  counts Array(UInt64),
  removed UInt64,
  removed_documents UInt64,
  bytes_before UInt64,
  bytes_after UInt64
) ENGINE = MergeTree
PARTITION BY toDate(day)
ORDER BY (account, region, day, version, is_done)
SETTINGS index_granularity = 1024
