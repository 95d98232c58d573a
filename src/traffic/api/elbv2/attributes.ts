import { awsError } from '../../../wire/aws/aws-error.ts';
import { put } from '../../store.ts';
import type { AttributeTable } from './attribute-defaults.ts';
import { listenerAttributes, loadBalancerAttributes, targetGroupAttributes } from './attribute-defaults.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn } from './context.ts';

type Attribute = { Key?: string | undefined; Value?: string | undefined };

export function attributeHandlers({ store }: Elbv2Deps): Elbv2Handlers {
  return {
    DescribeLoadBalancerAttributes: (input, context) => {
      const { value } = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
      return { Attributes: shown(loadBalancerAttributes, value.attributes) };
    },
    ModifyLoadBalancerAttributes: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        const attributes = changed(loadBalancerAttributes, value.attributes, input.Attributes);
        return {
          changes: [put('elbv2/load-balancer', key, { ...value, attributes }, version)],
          result: { Attributes: shown(loadBalancerAttributes, attributes) },
        };
      }),
    DescribeTargetGroupAttributes: (input, context) => {
      const { value } = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
      return { Attributes: shown(targetGroupAttributes, value.attributes) };
    },
    ModifyTargetGroupAttributes: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
        const attributes = changed(targetGroupAttributes, value.attributes, input.Attributes);
        return {
          changes: [put('elbv2/target-group', key, { ...value, attributes }, version)],
          result: { Attributes: shown(targetGroupAttributes, attributes) },
        };
      }),
    DescribeListenerAttributes: (input, context) => {
      const { value } = findByArn(store, context, 'listener', input.ListenerArn);
      return { Attributes: shown(listenerAttributes, value.attributes) };
    },
    ModifyListenerAttributes: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'listener', input.ListenerArn);
        const attributes = changed(listenerAttributes, value.attributes, input.Attributes);
        return {
          changes: [put('elbv2/listener', key, { ...value, attributes }, version)],
          result: { Attributes: shown(listenerAttributes, attributes) },
        };
      }),
  };
}

function shown(table: AttributeTable, attributes: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(table).flatMap(([Key, { value }]) => {
    const held = attributes[Key] ?? value;
    return held === undefined ? [] : [{ Key, Value: held }];
  });
}

function changed(
  table: AttributeTable,
  attributes: Readonly<Record<string, string>>,
  changes: readonly Attribute[] | undefined,
): Record<string, string> {
  const result = { ...attributes };
  for (const { Key = '', Value = '' } of changes ?? []) {
    const attribute = Object.hasOwn(table, Key) ? table[Key] : undefined;
    if (!attribute) throw awsError('ValidationError', `Attribute key '${Key}' is not recognized`);
    if (!attribute.allows(Value)) {
      throw awsError('ValidationError', `Attribute value '${Value}' of '${Key}' is not valid`);
    }
    result[Key] = Value;
  }
  return result;
}
