import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OperationHandler } from '../../wire/aws/service-table.ts';
import { makeInsight } from '../insights/insight.fixture.ts';
import { toEvent } from '../insights/insight-events.ts';
import { InsightStore } from '../insights/insight-store.ts';
import { shopRequest, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { putDocuments } from './plane-client.fixture.ts';

const start = Math.floor(Date.now() / 1000) - 600;
const range = { StartTime: new Date((start - 60) * 1000), EndTime: new Date((start + 240) * 1000) };
const requests = [0, 60, 120].map((at) => shopRequest(start + at, { denied: true }));
const TraceIds = requests.map(({ traceId }) => traceId);
const InsightId = '01234567-89ab-4def-8123-456789abcdef';
const ids = [InsightId, '11234567-89ab-4def-8123-456789abcdef'];

let plane: TestPlane;
let RetrievalToken = '';
let ResourceARN = '';
beforeAll(async () => {
  plane = await startTestPlane({ pageSizeMax: 1, insights: false });
  const { xray, context } = plane;
  await putDocuments(plane, ...requests.flatMap(({ segments }) => segments));
  ({ RetrievalToken = '' } = await xray.StartTraceRetrieval({ TraceIds, ...range }, context));
  const rule = {
    ...{ RuleName: 'paged', Priority: 10, ResourceARN: '*', FixedRate: 0.5, ReservoirSize: 5, ServiceName: '*' },
    ...{ ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', Version: 1 },
  };
  const Tags = ['a', 'b'].map((Key) => ({ Key, Value: 'v' }));
  const created = await xray.CreateSamplingRule({ SamplingRule: rule, Tags }, context);
  ResourceARN = created.SamplingRuleRecord!.SamplingRule!.RuleARN!;
  for (const PolicyName of ['a', 'b']) {
    await xray.PutResourcePolicy({ PolicyName, PolicyDocument: '{"Statement":[]}' }, context);
  }
  await xray.CreateGroup({ GroupName: 'paged', FilterExpression: 'ok' }, context);
  for (const RuleName of ['paged', 'Default']) {
    const report = { RuleName, ClientID: 'a'.repeat(24), RequestCount: 1, SampledCount: 1, Timestamp: new Date() };
    await xray.GetSamplingTargets({ SamplingStatisticsDocuments: [report] }, context);
  }
  const insights = new InsightStore(plane.state);
  for (const id of ids) {
    const insight = makeInsight(id, start * 1000);
    await insights.save(insight, 'absent', toEvent(insight));
    const later = { ...insight, updatedMs: insight.updatedMs + 60_000 };
    await insights.save(later, (await insights.find(plane.context, id))!.version, toEvent(later));
  }
});
afterAll(() => plane.stop());

/** A question for each operation with pages, and another one that its tokens do not hold for, where it can be asked. */
const questions: readonly [operation: string, input: () => object, other?: () => object][] = [
  ['GetTraceSummaries', () => range, () => ({ ...range, FilterExpression: 'ok' })],
  ['GetServiceGraph', () => range, () => ({ ...range, GroupName: 'paged' })],
  ['GetTimeSeriesServiceStatistics', () => ({ ...range, Period: 60 }), () => ({ ...range, Period: 30 })],
  ['BatchGetTraces', () => ({ TraceIds }), () => ({ TraceIds: TraceIds.slice(1) })],
  ['GetTraceGraph', () => ({ TraceIds }), () => ({ TraceIds: TraceIds.slice(1) })],
  ['GetGroups', () => ({})],
  ['GetSamplingRules', () => ({})],
  ['GetSamplingStatisticSummaries', () => ({})],
  ['ListResourcePolicies', () => ({})],
  ['ListTagsForResource', () => ({ ResourceARN })],
  ['ListRetrievedTraces', () => ({ RetrievalToken }), () => ({ RetrievalToken, TraceFormat: 'XRAY' })],
  ['GetRetrievedTracesGraph', () => ({ RetrievalToken })],
  [
    'GetInsightSummaries',
    () => ({ ...range, GroupName: 'Default' }),
    () => ({ ...range, GroupName: 'Default', States: ['ACTIVE'] }),
  ],
  ['GetInsightEvents', () => ({ InsightId }), () => ({ InsightId: ids[1] })],
  ['GetInsightImpactGraph', () => ({ InsightId, ...range }), () => ({ InsightId: ids[1], ...range })],
];

const call = async (operation: string, input: object): Promise<{ NextToken?: string }> =>
  (plane.xray as unknown as Record<string, OperationHandler>)[operation]!(input, plane.context) as {
    NextToken?: string;
  };

test.each(questions)(
  'a token of %s is for that question only, and as it was given',
  async (operation, ask, askOther) => {
    const { NextToken } = await call(operation, ask());
    expect(NextToken).toEqual(expect.any(String));
    await expect(call(operation, { ...ask(), NextToken })).resolves.toBeDefined();
    const refused = { code: 'InvalidRequestException', message: 'NextToken is invalid.' };
    for (const token of ['x', '0', 'e30', `${NextToken}A`, NextToken!.slice(0, -1)]) {
      await expect(call(operation, { ...ask(), NextToken: token })).rejects.toMatchObject(refused);
    }
    if (askOther) await expect(call(operation, { ...askOther(), NextToken })).rejects.toMatchObject(refused);
    const [another, askAnother] = questions.find(([name]) => name !== operation)!;
    await expect(call(another, { ...askAnother(), NextToken })).rejects.toMatchObject(refused);
  },
);

test('BatchGetTraces names what is not stored on its first page, and gives what is stored on all', async () => {
  const unknown = '1-5f84c7a5-e7d1852db8c4fd35d88bf49a';
  const { xray, context } = plane;
  const input = { TraceIds: ['nonsense', TraceIds[0]!, unknown, TraceIds[1]!] };
  const first = await xray.BatchGetTraces(input, context);
  expect(first.UnprocessedTraceIds).toEqual(['nonsense', unknown]);
  // Even when it has come in the meantime: all pages are of one moment.
  const late = { ...requests[0]!.segments[0], trace_id: unknown, id: 'f'.repeat(16) };
  await putDocuments(plane, late);
  const second = await xray.BatchGetTraces({ ...input, NextToken: first.NextToken! }, context);
  expect(second.UnprocessedTraceIds).toEqual([]);
  expect(second.NextToken).toBeUndefined();
  expect([...first.Traces!, ...second.Traces!].map(({ Id }) => Id).sort()).toEqual(TraceIds.slice(0, 2).sort());
});
