import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/clock.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import { Paging } from '../paging/paged-call.ts';
import { PolicyStore } from '../settle/thinning-policy.ts';
import { groupHandlers } from './groups.ts';
import { samplingHandlers } from './sampling.ts';
import { settingsHandlers } from './settings.ts';
import { ResourceTags } from './tags.ts';

const account = '000000000000';
const context: CallContext = {
  account,
  region: 'us-east-1',
  requestId: 'test',
  principal: { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account },
  signal: new AbortController().signal,
};

function open() {
  const clock = new ManualClock();
  const state = openSqliteStateStore(':memory:', () => clock.now());
  const tags = new ResourceTags(state);
  const paging = new Paging();
  return {
    clock,
    sampling: samplingHandlers({ state, clock, tags, paging }) as Required<ReturnType<typeof samplingHandlers>>,
    groups: groupHandlers({ state, tags, paging }) as Required<ReturnType<typeof groupHandlers>>,
    settings: settingsHandlers({ state, clock, paging, thinning: new PolicyStore(state, { isOn: false }) }) as Required<
      ReturnType<typeof settingsHandlers>
    >,
  };
}

const rule = (RuleName: string, Priority: number) => ({
  RuleName,
  Priority,
  ResourceARN: '*',
  FixedRate: 1,
  ReservoirSize: 7,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '/health',
  Version: 1,
});

const sumOf = (quotas: ReadonlyMap<string, number>) => [...quotas.values()].reduce((sum, quota) => sum + quota, 0);

test('rules come in the order in which SDKs try them, Default last and complete', async () => {
  const { sampling } = open();
  await sampling.CreateSamplingRule({ SamplingRule: rule('second', 20) }, context);
  await sampling.CreateSamplingRule({ SamplingRule: rule('first', 10) }, context);
  const { SamplingRuleRecords = [] } = await sampling.GetSamplingRules({}, context);
  expect(SamplingRuleRecords.map(({ SamplingRule }) => SamplingRule!.RuleName)).toEqual(['first', 'second', 'Default']);
  for (const { SamplingRule } of SamplingRuleRecords) expect(SamplingRule!.Attributes).toEqual({});
  expect(SamplingRuleRecords[2]!.SamplingRule).toMatchObject({ FixedRate: 0.05, ReservoirSize: 1, Priority: 10_000 });
});

test('a rule is changed and deleted; of Default only rate and reservoir change', async () => {
  const { sampling } = open();
  await sampling.CreateSamplingRule({ SamplingRule: rule('one', 1) }, context);
  await expect(sampling.CreateSamplingRule({ SamplingRule: rule('one', 2) }, context)).rejects.toMatchObject({
    code: 'InvalidRequestException',
  });
  const updated = await sampling.UpdateSamplingRule(
    { SamplingRuleUpdate: { RuleName: 'one', FixedRate: 0.5 } },
    context,
  );
  expect(updated.SamplingRuleRecord!.SamplingRule).toMatchObject({ FixedRate: 0.5, URLPath: '/health' });
  await sampling.DeleteSamplingRule({ RuleName: 'one' }, context);
  await expect(sampling.DeleteSamplingRule({ RuleName: 'one' }, context)).rejects.toThrow('does not exist');
  await expect(sampling.DeleteSamplingRule({ RuleName: 'Default' }, context)).rejects.toThrow('cannot be deleted');
  await sampling.UpdateSamplingRule({ SamplingRuleUpdate: { RuleName: 'Default', FixedRate: 1 } }, context);
  await expect(
    sampling.UpdateSamplingRule({ SamplingRuleUpdate: { RuleName: 'Default', Host: 'x' } }, context),
  ).rejects.toThrow('cannot be changed');
});

test('the quotas of all clients never exceed the reservoir, and statistics add up', async () => {
  const { sampling, clock } = open();
  await sampling.CreateSamplingRule({ SamplingRule: rule('shared', 1) }, context);
  const quotas = new Map<string, number>();
  const rounds: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    clock.advance(10_000);
    for (const ClientID of ['a', 'b', 'c', 'd']) {
      const report = {
        RuleName: 'shared',
        ClientID,
        RequestCount: 10,
        SampledCount: 4,
        BorrowCount: 1,
        Timestamp: clock.now(),
      };
      const answer = await sampling.GetSamplingTargets({ SamplingStatisticsDocuments: [report] }, context);
      const [target] = answer.SamplingTargetDocuments!;
      if (target!.ReservoirQuota !== undefined) {
        expect(target!.ReservoirQuotaTTL!.getTime()).toBeGreaterThan(clock.now().getTime());
        quotas.set(ClientID, target!.ReservoirQuota);
      }
      expect(sumOf(quotas)).toBeLessThanOrEqual(7);
    }
    rounds.push(sumOf(quotas));
  }
  // Nobody is granted anything before all have been seen once.
  expect(rounds[0]).toBe(0);
  expect(rounds[1]).toBeGreaterThanOrEqual(6);
  expect(Math.min(...quotas.values())).toBeGreaterThanOrEqual(1);
  const { SamplingStatisticSummaries } = await sampling.GetSamplingStatisticSummaries({}, context);
  expect(SamplingStatisticSummaries).toHaveLength(3);
  for (const summary of SamplingStatisticSummaries!) {
    expect(summary).toMatchObject({ RuleName: 'shared', RequestCount: 40, SampledCount: 16, BorrowCount: 4 });
  }
});

test('SDKs learn of a change of rules, and of rules that do not exist', async () => {
  const { sampling, clock } = open();
  const ask = () =>
    sampling.GetSamplingTargets(
      {
        SamplingStatisticsDocuments: [
          { RuleName: 'gone', ClientID: 'a', RequestCount: 1, SampledCount: 1, Timestamp: clock.now() },
        ],
      },
      context,
    );
  const before = await ask();
  expect(before.UnprocessedStatistics).toMatchObject([{ RuleName: 'gone' }]);
  clock.advance(60_000);
  await sampling.CreateSamplingRule({ SamplingRule: rule('new', 1) }, context);
  const after = await ask();
  expect(after.LastRuleModification!.getTime()).toBeGreaterThan(before.LastRuleModification!.getTime());
});

test('groups: Default is always there, names are unique, expressions must parse', async () => {
  const { groups } = open();
  expect((await groups.GetGroups({}, context)).Groups).toMatchObject([{ GroupName: 'Default' }]);
  const { Group } = await groups.CreateGroup({ GroupName: 'slow', FilterExpression: 'responsetime > 5' }, context);
  expect(Group!.GroupARN).toMatch(/^arn:aws:xray:us-east-1:000000000000:group\/slow\/\w+$/);
  await expect(groups.CreateGroup({ GroupName: 'slow' }, context)).rejects.toThrow('already exists');
  await expect(groups.CreateGroup({ GroupName: 'bad', FilterExpression: 'ok AND' }, context)).rejects.toThrow(
    'position 7',
  );
  await groups.UpdateGroup({ GroupARN: Group!.GroupARN, FilterExpression: 'fault' }, context);
  expect((await groups.GetGroup({ GroupName: 'slow' }, context)).Group).toMatchObject({ FilterExpression: 'fault' });
  await groups.DeleteGroup({ GroupName: 'slow' }, context);
  await expect(groups.GetGroup({ GroupName: 'slow' }, context)).rejects.toThrow('not found');
  await expect(groups.DeleteGroup({ GroupName: 'Default' }, context)).rejects.toThrow('cannot be deleted');
});

test('settings say what is true here', async () => {
  const { settings } = open();
  expect(await settings.GetEncryptionConfig({}, context)).toEqual({
    EncryptionConfig: { Status: 'ACTIVE', Type: 'NONE' },
  });
  await settings.PutEncryptionConfig({ Type: 'KMS', KeyId: 'alias/k' }, context);
  expect(await settings.GetEncryptionConfig({}, context)).toEqual({
    EncryptionConfig: { Status: 'ACTIVE', Type: 'KMS', KeyId: 'arn:aws:kms:us-east-1:000000000000:alias/k' },
  });
  const document = '{"Version":"2012-10-17","Statement":[]}';
  const put = await settings.PutResourcePolicy({ PolicyName: 'p', PolicyDocument: document }, context);
  await expect(
    settings.PutResourcePolicy({ PolicyName: 'p', PolicyDocument: document, PolicyRevisionId: 'x' }, context),
  ).rejects.toMatchObject({ code: 'InvalidPolicyRevisionIdException' });
  expect((await settings.ListResourcePolicies({}, context)).ResourcePolicies).toEqual([put.ResourcePolicy]);
});

test('what is refused for its tags is not made', async () => {
  const { sampling, groups } = open();
  const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
  const tooMany = { code: 'TooManyTagsException' };
  await expect(groups.CreateGroup({ GroupName: 'tagged', Tags }, context)).rejects.toMatchObject(tooMany);
  await expect(sampling.CreateSamplingRule({ SamplingRule: rule('tagged', 1), Tags }, context)).rejects.toMatchObject(
    tooMany,
  );
  expect((await groups.GetGroups({}, context)).Groups).toHaveLength(1);
  expect((await sampling.GetSamplingRules({}, context)).SamplingRuleRecords).toHaveLength(1);
});
