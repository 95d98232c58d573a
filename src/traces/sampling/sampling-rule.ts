import type { SamplingRule, SamplingRuleRecord, SamplingRuleUpdate } from '@aws-sdk/client-xray';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';

/** A rule as the state store keeps it. */
export interface StoredRule {
  readonly rule: SamplingRule;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

export const customRulesMax = 25;

export function samplingRuleArn(scope: AccountRegion, ruleName: string): string {
  return `arn:aws:xray:${scope.region}:${scope.account}:sampling-rule/${ruleName}`;
}

/** The rule that matches what no other does: one request a second and 5 %. It cannot be deleted. */
export function defaultRule(scope: AccountRegion): StoredRule {
  return {
    rule: {
      RuleName: 'Default',
      RuleARN: samplingRuleArn(scope, 'Default'),
      ResourceARN: '*',
      Priority: 10_000,
      FixedRate: 0.05,
      ReservoirSize: 1,
      ServiceName: '*',
      ServiceType: '*',
      Host: '*',
      HTTPMethod: '*',
      URLPath: '*',
      Version: 1,
      Attributes: {},
    },
    createdAtMs: 0,
    modifiedAtMs: 0,
  };
}

export function toRecord(stored: StoredRule): SamplingRuleRecord {
  return {
    SamplingRule: stored.rule,
    CreatedAt: new Date(stored.createdAtMs),
    ModifiedAt: new Date(stored.modifiedAtMs),
  };
}

/** The order in which SDKs try them. */
export function byPriority(a: StoredRule, b: StoredRule): number {
  return (
    (a.rule.Priority ?? 0) - (b.rule.Priority ?? 0) || ((a.rule.RuleName ?? '') < (b.rule.RuleName ?? '') ? -1 : 1)
  );
}

/** A new rule, complete; `Attributes` is always there because SDKs refuse a rule without it. */
export function completeRule(scope: AccountRegion, rule: SamplingRule): SamplingRule {
  const name = rule.RuleName ?? rule.RuleARN?.split('sampling-rule/')[1];
  if (!name || !/^[\w\-. ]{1,32}$/.test(name))
    throw awsError('InvalidRequestException', 'RuleName is missing or invalid.');
  if (rule.RuleName && rule.RuleARN) throw awsError('InvalidRequestException', 'Give RuleName or RuleARN, not both.');
  if (rule.Version !== 1) throw awsError('InvalidRequestException', 'Version must be 1.');
  return checkRule({
    ...rule,
    RuleName: name,
    RuleARN: samplingRuleArn(scope, name),
    Attributes: rule.Attributes ?? {},
  });
}

/** The rule with what the update gives; of Default only rate and reservoir can be changed. */
export function updateRule(rule: SamplingRule, update: SamplingRuleUpdate): SamplingRule {
  const given = Object.fromEntries(
    Object.entries(update).filter(([key, value]) => value !== undefined && key !== 'RuleName' && key !== 'RuleARN'),
  );
  const forbidden = Object.keys(given).filter((key) => key !== 'FixedRate' && key !== 'ReservoirSize');
  if (rule.RuleName === 'Default' && forbidden.length > 0) {
    throw awsError('InvalidRequestException', `${forbidden[0]} of the Default rule cannot be changed.`);
  }
  return checkRule({ ...rule, ...given });
}

function checkRule(rule: SamplingRule): SamplingRule {
  const { FixedRate = 0, ReservoirSize = 0 } = rule;
  if (!(FixedRate >= 0 && FixedRate <= 1))
    throw awsError('InvalidRequestException', 'FixedRate must be between 0 and 1.');
  if (!(ReservoirSize >= 0)) throw awsError('InvalidRequestException', 'ReservoirSize must not be negative.');
  return rule;
}
