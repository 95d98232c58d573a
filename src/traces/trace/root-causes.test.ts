import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SegmentDocument } from '../model.ts';
import { mergeTrace } from './merge-trace.ts';
import { summarizeTrace } from './summarize-trace.ts';

const traceId = '5759e988bd862e3fe1be46a994272793';
const id = (index: number) => index.toString(16).padStart(16, '0');
const part = (index: number, name: string, from: number, to: number, more: object = {}) => ({
  id: id(index),
  name,
  start_time: 1000 + from,
  end_time: 1000 + to,
  ...more,
});
const summarize = (...documents: object[]) =>
  summarizeTrace(
    mergeTrace(
      traceId,
      documents.map((document) => ({ document: document as SegmentDocument, text: JSON.stringify(document) })),
    ),
    '000000000000',
    1,
  );
const entities = (services: { Name?: string; EntityPath?: { Name?: string }[] }[] | undefined) =>
  (services ?? []).map(({ Name, EntityPath = [] }) => [Name, ...EntityPath.map((entity) => entity.Name)]);

/** front calls back twice, the second time in vain; back's own database call fails. */
const failing = (flag: 'fault' | 'error') => {
  const cause = { cause: { exceptions: [{ id: id(99), type: 'DeadlockError', message: 'victim' }] } };
  const database = part(6, 'orders@db', 0.32, 0.38, { namespace: 'remote', sql: { url: 'x' }, [flag]: true, ...cause });
  return [
    part(1, 'front', 0, 1, {
      [flag]: true,
      subsegments: [
        part(2, 'back.local', 0.1, 0.2, { namespace: 'remote', [flag]: true }),
        part(3, 'back.local', 0.3, 0.4, { namespace: 'remote', [flag]: true }),
        part(4, 'render', 0.5, 0.9),
      ],
    }),
    part(5, 'back', 0.31, 0.39, {
      parent_id: id(3),
      origin: 'AWS::ECS::Container',
      [flag]: true,
      subsegments: [database],
    }),
  ];
};

test.each(['fault', 'error'] as const)('a %s is followed down the calls that ended last, to where it began', (flag) => {
  const summary = summarize(...failing(flag));
  const causes = flag === 'fault' ? summary.FaultRootCauses! : summary.ErrorRootCauses!;
  expect(causes).toHaveLength(1);
  expect(causes[0]!.ClientImpacting).toBe(true);
  expect(entities(causes[0]!.Services)).toEqual([
    ['front', 'front', 'back.local'],
    ['back', 'back', 'orders@db'],
    ['orders@db', 'orders@db'],
  ]);
  expect(causes[0]!.Services![1]).toMatchObject({ Type: 'AWS::ECS::Container', Inferred: false });
  expect(causes[0]!.Services![1]!.EntityPath![1]).toMatchObject({
    Remote: true,
    Exceptions: [{ Name: 'DeadlockError', Message: 'victim' }],
  });
  expect(causes[0]!.Services![2]).toMatchObject({ Inferred: true });
  const others = flag === 'fault' ? summary.ErrorRootCauses : summary.FaultRootCauses;
  expect(others).toEqual([]);
});

test('response time is followed down what took at least half of it', () => {
  const [cause] = summarize(
    part(1, 'front', 0, 1, {
      subsegments: [
        part(2, 'fast.local', 0, 0.3, { namespace: 'remote' }),
        part(3, 'slow.local', 0.3, 0.95, { namespace: 'remote' }),
      ],
    }),
    part(4, 'slow', 0.31, 0.94, {
      parent_id: id(3),
      subsegments: [part(5, 'half', 0.32, 0.6), part(6, 'other half', 0.6, 0.93)],
    }),
  ).ResponseTimeRootCauses!;
  expect(entities(cause!.Services)).toEqual([
    ['front', 'front', 'slow.local'],
    ['slow', 'slow'],
  ]);
  expect(cause!.Services!.flatMap(({ EntityPath = [] }) => EntityPath.map(({ Coverage }) => Coverage))).toEqual([
    1, 0.65, 0.63,
  ]);
});

test('what readers look at without asking is there, whatever a trace looks like', () => {
  const flags = fc.record({ fault: fc.boolean(), error: fc.boolean() });
  const document = fc.record({
    index: fc.nat(6),
    parent: fc.option(fc.nat(6)),
    to: fc.nat(9),
    flags,
    isCall: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(document, { minLength: 1, maxLength: 8 }), (items) => {
      const summary = summarize(
        ...items.map(({ index, parent, to, flags: own, isCall }) =>
          part(index, `s${index}`, 0, to, {
            ...(parent === null ? {} : { parent_id: id(parent) }),
            ...(isCall ? { type: 'subsegment', namespace: 'remote' } : {}),
            ...own,
          }),
        ),
      );
      for (const cause of [
        ...summary.FaultRootCauses!,
        ...summary.ErrorRootCauses!,
        ...summary.ResponseTimeRootCauses!,
      ]) {
        expect(cause.Services!.length).toBeGreaterThan(0);
        for (const service of cause.Services!) {
          expect(service.Name).toBeTypeOf('string');
          expect(service.Type).toBeTypeOf('string');
          expect(service.EntityPath!.length).toBeGreaterThan(0);
        }
      }
    }),
  );
});
