-- One row for each trace of settled minutes: all that lists of traces answer and filter by. Written again whenever a
-- minute of the trace is settled again; the row with most documents holds. A trace whose start moved leaves a deleted
-- row where it was. An annotation is looked for by two bytes of its hash, a
-- tenth of the texts. Granules are small in bytes, since a page reads the summaries of a hundred neighbours.
CREATE TABLE IF NOT EXISTS trace_summaries (
  account LowCardinality(String),
  region LowCardinality(String),
  trace_id FixedString(32) CODEC(ZSTD(1)),
  start DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  documents UInt32 CODEC(T64, ZSTD(1)),
  deleted UInt8,
  fault UInt8,
  error UInt8,
  any_throttle UInt8,
  any_in_progress UInt8,
  http_status UInt16,
  http_method LowCardinality(String),
  http_url String CODEC(ZSTD(3)),
  user_agent String CODEC(ZSTD(1)),
  client_ip String CODEC(ZSTD(1)),
  response_micros UInt64 CODEC(T64, ZSTD(1)),
  trace_micros UInt64 CODEC(T64, ZSTD(1)),
  node_names Array(LowCardinality(String)),
  node_types Array(LowCardinality(String)),
  annotations Array(String) CODEC(ZSTD(1)),
  annotation_hashes Array(UInt16) MATERIALIZED arrayMap(pair -> toUInt16(cityHash64(pair)), annotations) CODEC(LZ4),
  stored Array(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  summary String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(documents, deleted)
PARTITION BY toDate(start)
ORDER BY (account, region, start, trace_id)
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576
