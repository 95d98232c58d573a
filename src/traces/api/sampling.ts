import type { SamplingStatisticSummary } from '@aws-sdk/client-xray';
import type { Clock } from '../../platform/clock.ts';
import type { Change, StateStore, Versioned } from '../../stores/state/store.ts';
import { AwsError, awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Paging } from '../paging/paged-call.ts';
import {
  byPriority,
  completeRule,
  customRulesMax,
  defaultRule,
  type StoredRule,
  samplingRuleArn,
  toRecord,
  updateRule,
} from '../sampling/sampling-rule.ts';
import { SamplingStatistics } from '../sampling/sampling-statistics.ts';
import { clientTtlMs } from '../sampling/share-reservoir.ts';
import type { ResourceTags } from './tags.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const kind = 'xray-sampling-rule';
const changesKind = 'xray-sampling-changes';
const intervalSeconds = 10;
/** More than there can be: SDKs read the first page only. */
const rulesPageSize = 100;
const statisticsPageSize = 1000;

/** Sampling rules, and the targets that SDKs ask for every ten seconds. */
export function samplingHandlers(deps: {
  state: StateStore;
  clock: Clock;
  tags: ResourceTags;
  paging: Paging;
}): Pick<
  Handlers<XRay>,
  | 'GetSamplingRules'
  | 'CreateSamplingRule'
  | 'UpdateSamplingRule'
  | 'DeleteSamplingRule'
  | 'GetSamplingTargets'
  | 'GetSamplingStatisticSummaries'
> {
  const { state, clock } = deps;
  const statistics = new Map<string, SamplingStatistics>();
  const statisticsOf = (scope: AccountRegion) => {
    const key = scopeKey(scope);
    const known = statistics.get(key) ?? new SamplingStatistics();
    statistics.set(key, known);
    return known;
  };
  /** The change of a rule and its time, which makes SDKs fetch the rules again, in one step. */
  const commit = async (scope: AccountRegion, ...changes: Change[]) => {
    await state.commit([
      ...changes,
      { kind: changesKind, key: scopeKey(scope), expect: 'any', put: { atMs: clock.now().getTime() } },
    ]);
  };
  return {
    async GetSamplingRules(input, context) {
      const call = deps.paging.open('GetSamplingRules', input, context, rulesPageSize);
      // By name, not by priority: that may change between two pages.
      const { items, next } = call.cut(await listRules(state, context), ({ value }) => value.rule.RuleName!);
      return { SamplingRuleRecords: items.map(({ value }) => toRecord(value)), ...next };
    },

    async CreateSamplingRule(input, context) {
      const rule = completeRule(context, input.SamplingRule ?? ({} as never));
      const rules = await listRules(state, context);
      if (rules.some(({ value }) => value.rule.RuleName === rule.RuleName)) {
        throw awsError('InvalidRequestException', 'Invalid sampling rule: a rule with the same name exists.');
      }
      if (rules.length > customRulesMax) {
        throw new AwsError('RuleLimitExceededException', `There are ${customRulesMax} sampling rules already.`);
      }
      const nowMs = wholeSecond(clock.now());
      const stored: StoredRule = { rule, createdAtMs: nowMs, modifiedAtMs: nowMs };
      const ofTags = deps.tags.creation(context, rule.RuleARN!, input.Tags ?? []);
      await commit(context, { kind, key: ruleKey(context, rule.RuleName!), expect: 'absent', put: stored }, ...ofTags);
      return { SamplingRuleRecord: toRecord(stored) };
    },

    async UpdateSamplingRule(input, context) {
      const update = input.SamplingRuleUpdate ?? {};
      const known = await findRule(state, context, update);
      const stored: StoredRule = {
        rule: updateRule(known.value.rule, update),
        createdAtMs: known.value.createdAtMs,
        modifiedAtMs: wholeSecond(clock.now()),
      };
      const expect = known.version === 0 ? 'absent' : known.version;
      await commit(context, { kind, key: ruleKey(context, stored.rule.RuleName!), expect, put: stored });
      return { SamplingRuleRecord: toRecord(stored) };
    },

    async DeleteSamplingRule(input, context) {
      const known = await findRule(state, context, input);
      const name = known.value.rule.RuleName!;
      if (name === 'Default') throw awsError('InvalidRequestException', 'The Default rule cannot be deleted.');
      const ofTags = await deps.tags.removal(context, samplingRuleArn(context, name));
      await commit(context, { kind, key: ruleKey(context, name), expect: known.version, delete: true }, ...ofTags);
      statisticsOf(context).forget(name);
      return { SamplingRuleRecord: toRecord(known.value) };
    },

    async GetSamplingTargets(input, context) {
      const rules = new Map((await listRules(state, context)).map(({ value }) => [value.rule.RuleName, value.rule]));
      const changes = await state.get<{ atMs: number }>(changesKind, scopeKey(context));
      const now = clock.now();
      const reports = input.SamplingStatisticsDocuments ?? [];
      const unknown = reports.filter(({ RuleName }) => !rules.has(RuleName));
      return {
        SamplingTargetDocuments: reports
          .filter(({ RuleName }) => rules.has(RuleName))
          .map((report) => {
            const rule = rules.get(report.RuleName)!;
            const reservoirSize = rule.ReservoirSize ?? 0;
            const quota = statisticsOf(context).report(
              {
                ruleName: report.RuleName ?? '',
                clientId: report.ClientID ?? '',
                requests: report.RequestCount ?? 0,
                borrowed: report.BorrowCount ?? 0,
                sampled: report.SampledCount ?? 0,
              },
              reservoirSize,
              now.getTime(),
            );
            return {
              RuleName: report.RuleName,
              FixedRate: rule.FixedRate,
              ...(quota === undefined
                ? {}
                : { ReservoirQuota: quota, ReservoirQuotaTTL: new Date(wholeSecond(now) + clientTtlMs) }),
              Interval: intervalSeconds,
            };
          }),
        LastRuleModification: new Date(changes?.value.atMs ?? 0),
        UnprocessedStatistics: unknown.map(({ RuleName }) => ({
          RuleName,
          ErrorCode: 'ResourceNotFoundException',
          Message: `There is no sampling rule ${RuleName}.`,
        })),
        UnprocessedBoostStatistics: [],
      };
    },

    GetSamplingStatisticSummaries(input, context) {
      const call = deps.paging.open('GetSamplingStatisticSummaries', input, context, statisticsPageSize);
      const { items, next } = call.cut(statisticsOf(context).summaries(), statisticKey);
      return { SamplingStatisticSummaries: [...items], ...next };
    },
  };
}

const statisticKey = ({ RuleName, Timestamp }: SamplingStatisticSummary): string =>
  `${String(Timestamp!.getTime()).padStart(15, '0')}/${RuleName}`;

export async function listRules(state: StateStore, scope: AccountRegion): Promise<Versioned<StoredRule>[]> {
  const stored = await state.list<StoredRule>(kind, `${scopeKey(scope)}/`);
  const hasDefault = stored.some(({ value }) => value.rule.RuleName === 'Default');
  const implicit = { key: ruleKey(scope, 'Default'), value: defaultRule(scope), version: 0 };
  return [...stored, ...(hasDefault ? [] : [implicit])].sort((a, b) => byPriority(a.value, b.value));
}

async function findRule(
  state: StateStore,
  scope: AccountRegion,
  by: { RuleName?: string | undefined; RuleARN?: string | undefined },
): Promise<Versioned<StoredRule>> {
  if (!by.RuleName === !by.RuleARN) throw awsError('InvalidRequestException', 'Give either RuleName or RuleARN.');
  const rules = await listRules(state, scope);
  const found = rules.find(({ value: { rule } }) =>
    by.RuleName ? rule.RuleName === by.RuleName : rule.RuleARN === by.RuleARN,
  );
  if (!found) throw awsError('InvalidRequestException', `Sampling rule does not exist: ${by.RuleName ?? by.RuleARN}`);
  return found;
}

const scopeKey = ({ account, region }: AccountRegion): string => `${account}/${region}`;
const ruleKey = (scope: AccountRegion, name: string): string => `${scopeKey(scope)}/${name}`;
const wholeSecond = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000;

export async function samplingRuleExists(state: StateStore, scope: AccountRegion, arn: string): Promise<boolean> {
  return (await listRules(state, scope)).some(({ value }) => value.rule.RuleARN === arn);
}
