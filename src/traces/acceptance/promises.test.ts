import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

// What tracing promises to its clients, each with the tests that would fail if it were broken. The titles are looked up in
// their files, so that this table stays true.

const root = resolve(import.meta.dirname, '../../..');
const here = 'src/traces/acceptance';
const e2e = 'test/e2e';

const promises: readonly [promise: string, tests: Record<string, readonly string[]>][] = [
  [
    'SDKs for Node and Python with their ECS plugin send by UDP: every document appears, none is refused',
    { [`${e2e}/tracing-clients.test.ts`]: ['%s: every document appears, none is refused'] },
  ],
  [
    'the datagram of the guide works; wrong version, missing newline and empty body are counted with their reason',
    {
      [`${here}/daemon.integration.test.ts`]: [
        'the datagram of the guide is stored: header with spaces, document with line breaks',
        'wrong version, missing newline and empty body are refused, with the reason in the ledger',
      ],
    },
  ],
  [
    'T1S and T1U are taken by UDP and inside PutTraceSegments',
    {
      [`${here}/daemon.integration.test.ts`]: [
        'T1S is a trace and T1U is accepted and not kept, by UDP and in PutTraceSegments',
      ],
    },
  ],
  [
    'documents as they are really sent are accepted or refused as the service does, never a failure of ours',
    {
      [`${here}/documents.integration.test.ts`]: ['documents that are odd, but are sent, never fail the call'],
      [`${here}/hostile-text.integration.test.ts`]: [
        'in every field of a document',
        'documents whose parts contradict each other',
      ],
      'test/fuzz/decoders.test.ts': ['declareFuzzTests'],
    },
  ],
  [
    'out of order, in progress, late, duplicate, orphan: stable after each, also by OTLP',
    {
      [`${here}/documents.integration.test.ts`]: [
        'the trace is the same after each step, in whatever order its documents come',
      ],
      'src/traces/order-independence.integration.test.ts': [
        'any order and any duplication of what was sent give the same trace, summary and graph',
        'any permutation, grouping and duplication of OTLP requests gives the same trace, summary and graph',
      ],
    },
  ],
  [
    'exactly the bad documents of a batch are listed, with codes and words of the service; [] without an Id',
    {
      [`${here}/documents.integration.test.ts`]: [
        'in a batch of three exactly the bad ones are listed, in the words of the service; [] has no Id',
      ],
    },
  ],
  [
    'a map of four nodes: counts, histograms, a client without statistics, whole seconds',
    {
      [`${here}/service-graph.integration.test.ts`]: [
        'four nodes: a client, its service, a table and a topic, with counts, histograms and whole seconds',
      ],
    },
  ],
  [
    'a callee that reports late: its inferred node goes, the edge keeps the timing of the caller',
    {
      [`${here}/service-graph.integration.test.ts`]: [
        'when the callee reports late, its inferred node goes and the edge keeps the timing of the caller',
      ],
    },
  ],
  [
    'the 34 expressions of the guides select what they describe; implicit AND, case, brackets, an empty type',
    {
      [`${here}/filter-corpus.integration.test.ts`]: [
        'each of the 34 expressions of the guides selects the traces that it describes',
        'keywords have no case, keys may stand in brackets, and an empty type is a type',
      ],
    },
  ],
  [
    'error does not find what was handled further down, service() { error } does',
    {
      [`${here}/service-graph.integration.test.ts`]: [
        'error does not find an error that was handled further down; service(){error} does',
      ],
    },
  ],
  [
    'paginators of boto3 end on every paginated operation, with pages of one, under ingest, nothing twice',
    {
      [`${e2e}/tracing-paging.test.ts`]: ['every operation with pages gives each item once, one a page, to the end'],
      [`${here}/paging.integration.test.ts`]: [
        'BatchGetTraces names what is not stored on its first page, and gives what is stored on all',
      ],
      [`${e2e}/tracing-acceptance.test.ts`]: [
        'pages through every paginated operation while segments arrive, and sees nothing twice',
      ],
    },
  ],
  [
    'what Grafana reads without looking is there: list, trace, map, statistics, analytics, insights, groups',
    {
      [`${here}/grafana-reader.test.ts`]: [
        'the list of traces: every row has its id, times and an http object',
        'analytics: root causes have names, types and paths, and the sampling value may change between pages',
        'a trace: every document is JSON with a name, times and an id; an unknown trace is an empty list',
        'the map, of a range and of a trace',
        'statistics: every row divides time by a count that is not zero',
        'groups and their filters',
        'GetInsightSummaries',
      ],
    },
  ],
  [
    'four sampling clients never take more than the reservoir together; Python takes its quota, Node one a second',
    {
      [`${e2e}/tracing-acceptance.test.ts`]: [
        'four clients share a reservoir, and a thousand segments a second are not lost',
      ],
      'src/traces/sampling/share-reservoir.test.ts': [
        'however clients come, report and go, what is granted at any time is within the reservoir',
      ],
    },
  ],
  [
    'a changed rule is fetched within twenty seconds',
    { [`${e2e}/tracing-acceptance.test.ts`]: ['expect(seenAt! - changedAt).toBeLessThan(20)'] },
  ],
  [
    'X-Amzn-Trace-Id keeps Self, Lineage, unknown keys, spaces and a question',
    { [`${here}/trace-header.test.ts`]: ['%s: nothing is lost but an older Self, and the X-Ray SDK reads it'] },
  ],
  [
    'a random W3C trace id is found by both forms and by the time of its spans',
    {
      [`${here}/spans.integration.test.ts`]: [
        'a random W3C trace id is found by both of its forms and by the time of its spans, not by its digits',
      ],
    },
  ],
  [
    'both HTTP conventions, exceptions with stacks, producers and consumers, databases by the stable convention',
    {
      [`${here}/spans.integration.test.ts`]: [
        'old and stable HTTP conventions give the same segment',
        'an exception event gives an exception with its stack',
        'a producer and its consumer are two nodes with an edge between them',
        'a database call by the stable convention gives an SQL block and a database node',
      ],
    },
  ],
  [
    'the host name in aws.ecs.container leads to the task, its log stream and the lines beside the trace',
    {
      [`${e2e}/tracing-ecs.test.ts`]: ['from the host name in the document to the task, its log stream and its lines'],
      [`${here}/spans.integration.test.ts`]: [
        'the resource detector of ECS names the task, the platform and the log groups',
      ],
    },
  ],
  [
    'an X-Ray daemon with its endpoint here: batches, records, sampling through its TCP port, signed',
    {
      [`${e2e}/tracing-daemon.test.ts`]: [
        'batches of 50, the bad among them told apart, and records',
        'the X-Ray SDK behind it: sampled by its rules, traced through it',
        'with a wrong key nothing of it is taken, and the daemon is told',
      ],
    },
  ],
  [
    '64 kB are taken, a byte more is refused by a code; a trace over its budget says so and can be read',
    {
      [`${here}/limits.test.ts`]: [
        '64 kB are taken, one byte more is refused with a code and its id',
        'a trace over its budget says LimitExceeded, takes no more, and can still be read',
      ],
      [`${e2e}/tracing-bad-input.test.ts`]: ['documents of 50 MB by every way in'],
    },
  ],
  [
    'a thousand segments a second for a minute by UDP, without loss',
    { [`${e2e}/tracing-acceptance.test.ts`]: ['expect(entry).toMatchObject({ received: segmentsSent'] },
  ],
  [
    'the ledger equals what clients sent, by every source, with refusals',
    {
      [`${here}/ledger.integration.test.ts`]: [
        'after any deeds of any clients: received = stored + refused, reason by reason, and the store holds as much',
      ],
    },
  ],
  [
    'every answer of all 38 operations has the shape of the model',
    { [`${here}/conformance.test.ts`]: ['%s answers in its output shape'] },
  ],
  [
    'X-Ray SDKs, OpenTelemetry and Zipkin are one trace and one map',
    {
      [`${e2e}/tracing-clients.test.ts`]: [
        'Express, OpenTelemetry by OTLP, OpenTelemetry by Zipkin and Flask are one connected trace and one map',
      ],
    },
  ],
];

test.each(promises)('%s', (_promise, tests) => {
  for (const [file, titles] of Object.entries(tests)) {
    const text = readFileSync(resolve(root, file), 'utf8');
    for (const title of titles) expect(text.includes(title), `${file} has no "${title}"`).toBe(true);
  }
});
