import type { TraceSummary } from '@aws-sdk/client-xray';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openModelPack } from '../../wire/aws/model-pack.ts';
import { encodeOutput } from '../../wire/aws/protocol.ts';
import type { SegmentDocument } from '../model.ts';
import { mergeTrace } from '../trace/merge-trace.ts';
import { summarizeTrace } from '../trace/summarize-trace.ts';
import { rawSummary, readSummary, writeSummary } from './summary-json.ts';

const operation = openModelPack().load('xray').operations.get('GetTraceSummaries')!;
const text = fc.string({ unit: 'binary', maxLength: 12 });
const startMs = fc.integer({ min: -1000, max: 4_000_000_000_000 });

const documents = fc.array(
  fc.record({
    name: text,
    startMs,
    durationMs: fc.nat(100_000),
    flag: fc.constantFrom({}, { fault: true, cause: { exceptions: [{ message: 'a "b"' }] } }, { error: true }),
    url: text,
    user: text,
    annotations: fc.dictionary(
      fc.oneof(text, fc.constantFrom('__proto__', '7', '10')),
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

const summaries = documents.map((parts): TraceSummary => {
  const stored = parts.map(({ name, startMs, durationMs, flag, url, user, annotations }, index) => {
    const document = {
      id: String(index + 1).padStart(16, '0'),
      name,
      ...(index > 0 ? { parent_id: '1'.padStart(16, '0') } : {}),
      start_time: startMs / 1000,
      end_time: (startMs + durationMs) / 1000,
      ...flag,
      user,
      http: { request: { url, method: 'GET' }, response: { status: 200 } },
      annotations,
    } as unknown as SegmentDocument;
    return { document, text: JSON.stringify(document) };
  });
  return summarizeTrace(mergeTrace('0123456789abcdef'.repeat(2), stored), '000000000000', parts.length);
});

const bodyOf = (shown: readonly TraceSummary[]) =>
  encodeOutput(
    operation,
    'rest-json',
    { TraceSummaries: shown, TracesProcessedCount: shown.length },
    'id',
  ).body.toString();

test('summaries that are passed on unread make the same bytes as those that are read and written, old rows too', () => {
  fc.assert(
    fc.property(fc.array(summaries, { maxLength: 3 }), (all) => {
      const rows = all.map((summary) => Buffer.from(writeSummary(summary)));
      const oldRows = all.map((summary) => Buffer.from(JSON.stringify(summary)));
      const expected = bodyOf(all);
      expect(rows.map(readSummary).map((summary) => summary.StartTime)).toEqual(all.map(({ StartTime }) => StartTime));
      expect(bodyOf(rows.map(readSummary))).toBe(expected);
      expect(bodyOf(oldRows.map(readSummary))).toBe(expected);
      expect(bodyOf(rows.map((row) => rawSummary(row) ?? expect.fail('is not passed on')))).toBe(expected);
      expect(bodyOf(oldRows.map((row) => rawSummary(row) ?? expect.fail('is not passed on')))).toBe(expected);
    }),
  );
});

test('what does not begin as a summary does is read; JSON that is passed on is itself everywhere', () => {
  expect(rawSummary(Buffer.from('{"StartTime":1,"Id":"x"}'))).toBeUndefined();
  expect(rawSummary(Buffer.from(`{"Id":"${'x'.repeat(35)}","StartTime":"yesterday, some time ago"}`))).toBeUndefined();
  const raw = rawSummary(Buffer.from(`{"Id":"${'x'.repeat(35)}","StartTime":1.5}`));
  expect(JSON.parse(JSON.stringify({ raw }))).toEqual({ raw: { Id: 'x'.repeat(35), StartTime: 1.5 } });
});
