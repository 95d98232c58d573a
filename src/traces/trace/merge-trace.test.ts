import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SegmentDocument } from '../model.ts';
import { mergeTrace, type StoredDocument, toDocumentText } from './merge-trace.ts';

const traceId = '5759e988bd862e3fe1be46a994272793';
const stored = (document: object): StoredDocument => ({
  document: document as SegmentDocument,
  text: JSON.stringify(document),
});
const shown = (documents: readonly StoredDocument[]) => {
  const trace = mergeTrace(traceId, documents);
  return {
    segments: trace.segments.map(toDocumentText),
    isPartial: trace.isPartial,
    start: trace.start,
    end: trace.end,
  };
};

const id = (index: number) => index.toString(16).padStart(16, '0');

/** Documents of a trace as SDKs may send them: versions, streamed and nested subsegments, orphans, circles. */
const documents = fc
  .array(
    fc.record({
      index: fc.nat(7),
      parent: fc.nat(9),
      start: fc.nat(5),
      end: fc.option(fc.nat(5)),
      type: fc.constantFrom('segment', 'subsegment'),
      namespace: fc.constantFrom(undefined, 'aws', 'remote'),
      child: fc.option(fc.nat(7)),
      name: fc.constantFrom('a', 'b'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((items) =>
    items.map(({ index, parent, start, end, type, namespace, child, name }) =>
      stored({
        id: id(index),
        name,
        start_time: 100 + start,
        ...(end === null ? { in_progress: true } : { end_time: 100 + start + end }),
        ...(parent < 8 ? { parent_id: id(parent) } : {}),
        ...(type === 'subsegment' ? { type, namespace } : {}),
        ...(child === null
          ? {}
          : { subsegments: [{ id: id(child), name: 'child', namespace: 'remote', start_time: 101, end_time: 102 }] }),
      }),
    ),
  );

describe('mergeTrace', () => {
  test('gives the same answer for any order and any duplication of the documents', () => {
    fc.assert(
      fc.property(
        documents.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
        ),
        ([list, shuffled]) => {
          expect(shown(shuffled)).toEqual(shown(list));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a complete document replaces the one in progress, whichever comes last', () => {
    const open = stored({ id: id(1), name: 'a', start_time: 100, in_progress: true });
    const done = stored({ id: id(1), name: 'a', start_time: 100, end_time: 101 });
    expect(mergeTrace(traceId, [open]).isPartial).toBe(true);
    for (const order of [
      [open, done],
      [done, open],
    ]) {
      expect(shown(order)).toMatchObject({ isPartial: false, end: 101 });
    }
  });

  test('the inferred segment goes when the callee arrives', () => {
    const caller = stored({
      id: id(1),
      name: 'caller',
      start_time: 100,
      end_time: 103,
      subsegments: [{ id: id(2), name: 'host', namespace: 'remote', start_time: 101, end_time: 102 }],
    });
    const callee = stored({ id: id(3), name: 'callee', parent_id: id(2), start_time: 101, end_time: 102 });
    const names = (list: StoredDocument[]) => mergeTrace(traceId, list).segments.map(({ document }) => document.name);
    expect(names([caller])).toEqual(['caller', 'host']);
    expect(names([callee, caller])).toEqual(['caller', 'callee']);
  });

  test('a streamed subsegment waits alone for its parent', () => {
    const streamed = stored({
      id: id(2),
      name: 'work',
      type: 'subsegment',
      parent_id: id(1),
      start_time: 101,
      end_time: 102,
    });
    const segment = stored({ id: id(1), name: 'service', start_time: 100, end_time: 103 });
    expect(shown([streamed]).segments).toHaveLength(1);
    expect(JSON.parse(shown([streamed, segment]).segments[0]!)).toMatchObject({
      name: 'service',
      subsegments: [{ name: 'work' }],
    });
  });

  test('a chain of ten thousand subsegments is no burden', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      stored({
        id: id(index),
        name: 'n',
        start_time: 100,
        end_time: 101,
        ...(index === 0 ? {} : { type: 'subsegment', parent_id: id(index - 1) }),
      }),
    );
    const { parts, segments } = mergeTrace(traceId, chain);
    expect(parts.size).toBe(10_000);
    for (const segment of segments) expect(() => toDocumentText(segment)).not.toThrow();
  });
});
