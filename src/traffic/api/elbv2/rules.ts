import type { Rule as RuleOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { newHexId } from '../../../platform/ids.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { Listener, Rule } from '../../model.ts';
import { put, remove } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { checkActions } from './check-actions.ts';
import { checkConditions } from './check-conditions.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn, toTags } from './context.ts';

const rulesMax = 100;

export function ruleHandlers({ store }: Elbv2Deps): Elbv2Handlers {
  const rulesOf = (listenerKey: string) =>
    store.list('elbv2/rule', `${listenerKey}/`).sort((a, b) => a.value.priority - b.value.priority);
  const isDefault = (arn: string | undefined) =>
    store.list('elbv2/listener').some(({ value }) => value.defaultRuleArn === arn);
  return {
    CreateRule: (input, context) =>
      store.update(() => {
        const listener = findByArn(store, context, 'listener', input.ListenerArn);
        const rules = rulesOf(listener.key);
        const priority = input.Priority!;
        if (!(priority >= 1 && priority <= 50_000)) {
          throw awsError('ValidationError', `Rule priority '${priority}' must be 1-50000`);
        }
        if (rules.some(({ value }) => value.priority === priority)) {
          throw awsError('PriorityInUse', `Priority '${priority}' is currently in use`);
        }
        if (rules.length >= rulesMax) throw awsError('TooManyRules', `A load balancer has at most ${rulesMax} rules`);
        const id = newHexId(8);
        const rule: Rule = {
          arn: `${listener.value.arn.replace(':listener/', ':listener-rule/')}/${id}`,
          listenerArn: listener.value.arn,
          priority,
          conditions: checkConditions(input.Conditions),
          actions: checkActions(store, context, input.Actions),
          tags: toTags(input.Tags),
        };
        return {
          changes: [
            put('elbv2/rule', `${listener.key}/${id}`, rule, 'absent'),
            // Written unchanged so that one priority cannot be given twice at once.
            put('elbv2/listener', listener.key, listener.value, listener.version),
          ],
          result: { Rules: [toOutput(rule)] },
        };
      }),

    DescribeRules: (input, context) => {
      let found: RuleOutput[];
      if (input.RuleArns?.length) {
        found = input.RuleArns.map((arn) => {
          const listener = store.list('elbv2/listener').find(({ value }) => value.defaultRuleArn === arn);
          return listener
            ? defaultRule(listener.value)
            : toOutput(findByArn(store, context, 'listener-rule', arn).value);
        });
      } else {
        if (!input.ListenerArn) {
          throw awsError('ValidationError', 'You must specify either listener rule ARNs or a listener ARN');
        }
        const listener = findByArn(store, context, 'listener', input.ListenerArn);
        found = [...rulesOf(listener.key).map(({ value }) => toOutput(value)), defaultRule(listener.value)];
      }
      const { page, next } = paginate(found, input.Marker, input.PageSize ?? 400);
      return { Rules: page, NextMarker: next };
    },

    ModifyRule: (input, context) =>
      store.update(() => {
        if (isDefault(input.RuleArn)) {
          throw awsError('OperationNotPermitted', `Default rule '${input.RuleArn}' cannot be modified`);
        }
        const { key, value, version } = findByArn(store, context, 'listener-rule', input.RuleArn);
        const rule: Rule = {
          ...value,
          conditions: input.Conditions ? checkConditions(input.Conditions) : value.conditions,
          actions: input.Actions ? checkActions(store, context, input.Actions) : value.actions,
        };
        return { changes: [put('elbv2/rule', key, rule, version)], result: { Rules: [toOutput(rule)] } };
      }),

    DeleteRule: (input, context) =>
      store.update(() => {
        if (isDefault(input.RuleArn)) {
          throw awsError('OperationNotPermitted', `Default rule '${input.RuleArn}' cannot be deleted`);
        }
        return {
          changes: [remove('elbv2/rule', findByArn(store, context, 'listener-rule', input.RuleArn))],
          result: {},
        };
      }),

    SetRulePriorities: (input, context) =>
      store.update(() => {
        const moves = (input.RulePriorities ?? []).map(({ RuleArn, Priority }) => {
          if (isDefault(RuleArn)) throw awsError('OperationNotPermitted', 'The default rule has no priority');
          const rule = findByArn(store, context, 'listener-rule', RuleArn);
          return { key: rule.key, version: rule.version, moved: { ...rule.value, priority: Priority! } };
        });
        const listenerArns = new Set(moves.map(({ moved }) => moved.listenerArn));
        if (listenerArns.size > 1) throw awsError('ValidationError', 'All rules must belong to the same listener');
        const [listenerArn] = listenerArns;
        if (listenerArn === undefined)
          throw awsError('ValidationError', 'At least one rule priority must be specified');
        const listener = findByArn(store, context, 'listener', listenerArn);
        const movedKeys = new Set(moves.map(({ key }) => key));
        const others = rulesOf(listener.key).filter(({ key }) => !movedKeys.has(key));
        const priorities = new Set(others.map(({ value }) => value.priority));
        for (const { moved } of moves) {
          if (priorities.has(moved.priority)) {
            throw awsError('PriorityInUse', `Priority '${moved.priority}' is currently in use`);
          }
          priorities.add(moved.priority);
        }
        return {
          changes: [
            ...moves.map(({ key, version, moved }) => put('elbv2/rule', key, moved, version)),
            put('elbv2/listener', listener.key, listener.value, listener.version),
          ],
          result: { Rules: moves.map(({ moved }) => toOutput(moved)) },
        };
      }),
  };
}

const toOutput = (rule: Rule): RuleOutput => ({
  RuleArn: rule.arn,
  Priority: String(rule.priority),
  Conditions: [...rule.conditions],
  Actions: [...rule.actions],
  IsDefault: false,
});

const defaultRule = (listener: Listener): RuleOutput => ({
  RuleArn: listener.defaultRuleArn,
  Priority: 'default',
  Conditions: [],
  Actions: [...listener.defaultActions],
  IsDefault: true,
});
