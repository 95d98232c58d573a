import { type Scope, send } from './request.ts';
import { asList, asObject, asText, readQueryResult, toForm, type XmlValue } from './xml.ts';

type Fields = { [name: string]: XmlValue };

export interface LoadBalancer {
  arn: string;
  name: string;
  dnsName: string;
  scheme: string;
  type: string;
  state: string;
  stateReason: string;
  createdTime: string;
}

export interface Action {
  type: string;
  targetGroups: { arn: string; weight: string }[];
  detail: string;
}

export interface Listener {
  arn: string;
  port: string;
  protocol: string;
  defaultActions: Action[];
}

export interface Rule {
  arn: string;
  priority: string;
  isDefault: boolean;
  conditions: { field: string; values: string[] }[];
  actions: Action[];
}

export interface TargetGroup {
  arn: string;
  name: string;
  protocol: string;
  port: string;
  targetType: string;
  healthCheckPath: string;
  healthCheckIntervalSeconds: string;
  loadBalancerArns: string[];
}

export interface TargetHealth {
  id: string;
  port: string;
  availabilityZone: string;
  state: string;
  reason: string;
  description: string;
}

async function call(scope: Scope, operation: string, input: object, signal?: AbortSignal): Promise<Fields> {
  const form = new URLSearchParams([['Action', operation], ['Version', '2015-12-01'], ...toForm(input)]);
  const text = await send({
    scope,
    service: 'elasticloadbalancing',
    operation,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: form.toString(),
    signal,
  });
  return readQueryResult(text, operation);
}

function toAction(fields: Fields): Action {
  const forward = asList(asObject(fields.ForwardConfig).TargetGroups);
  const single = asText(fields.TargetGroupArn);
  const groups = forward.map((group) => ({ arn: asText(group.TargetGroupArn), weight: asText(group.Weight) }));
  const redirect = asObject(fields.RedirectConfig);
  const fixed = asObject(fields.FixedResponseConfig);
  const detail =
    asText(fields.Type) === 'redirect'
      ? `${asText(redirect.StatusCode)} ${asText(redirect.Protocol)}://${asText(redirect.Host)}:${asText(redirect.Port)}${asText(redirect.Path)}`
      : asText(fixed.StatusCode);
  return {
    type: asText(fields.Type),
    targetGroups: groups.length > 0 ? groups : single ? [{ arn: single, weight: '' }] : [],
    detail,
  };
}

const conditionConfigs = [
  'PathPatternConfig',
  'HostHeaderConfig',
  'HttpHeaderConfig',
  'HttpRequestMethodConfig',
  'SourceIpConfig',
] as const;

function conditionValues(fields: Fields): string[] {
  const plain = asList<string>(fields.Values);
  if (plain.length > 0) return plain;
  const config = conditionConfigs.map((name) => asObject(fields[name])).find((found) => found.Values !== undefined);
  if (config) return asList<string>(config.Values);
  return asList(asObject(fields.QueryStringConfig).Values).map((pair) => `${asText(pair.Key)}=${asText(pair.Value)}`);
}

export async function describeLoadBalancers(scope: Scope, signal?: AbortSignal): Promise<LoadBalancer[]> {
  const result = await call(scope, 'DescribeLoadBalancers', {}, signal);
  return asList(result.LoadBalancers).map((fields) => ({
    arn: asText(fields.LoadBalancerArn),
    name: asText(fields.LoadBalancerName),
    dnsName: asText(fields.DNSName),
    scheme: asText(fields.Scheme),
    type: asText(fields.Type),
    state: asText(asObject(fields.State).Code),
    stateReason: asText(asObject(fields.State).Reason),
    createdTime: asText(fields.CreatedTime),
  }));
}

export async function describeListeners(scope: Scope, arn: string, signal?: AbortSignal): Promise<Listener[]> {
  const result = await call(scope, 'DescribeListeners', { LoadBalancerArn: arn }, signal);
  return asList(result.Listeners).map((fields) => ({
    arn: asText(fields.ListenerArn),
    port: asText(fields.Port),
    protocol: asText(fields.Protocol),
    defaultActions: asList(fields.DefaultActions).map(toAction),
  }));
}

export async function describeRules(scope: Scope, listenerArn: string, signal?: AbortSignal): Promise<Rule[]> {
  const result = await call(scope, 'DescribeRules', { ListenerArn: listenerArn }, signal);
  return asList(result.Rules).map((fields) => ({
    arn: asText(fields.RuleArn),
    priority: asText(fields.Priority),
    isDefault: asText(fields.IsDefault) === 'true',
    conditions: asList(fields.Conditions).map((condition) => ({
      field: asText(condition.Field),
      values: conditionValues(condition),
    })),
    actions: asList(fields.Actions).map(toAction),
  }));
}

export async function describeTargetGroups(
  scope: Scope,
  filter: { LoadBalancerArn?: string; TargetGroupArns?: string[] },
  signal?: AbortSignal,
): Promise<TargetGroup[]> {
  const result = await call(scope, 'DescribeTargetGroups', filter, signal);
  return asList(result.TargetGroups).map((fields) => ({
    arn: asText(fields.TargetGroupArn),
    name: asText(fields.TargetGroupName),
    protocol: asText(fields.Protocol),
    port: asText(fields.Port),
    targetType: asText(fields.TargetType),
    healthCheckPath: asText(fields.HealthCheckPath),
    healthCheckIntervalSeconds: asText(fields.HealthCheckIntervalSeconds),
    loadBalancerArns: asList<string>(fields.LoadBalancerArns),
  }));
}

export async function describeTargetHealth(scope: Scope, arn: string, signal?: AbortSignal): Promise<TargetHealth[]> {
  const result = await call(scope, 'DescribeTargetHealth', { TargetGroupArn: arn }, signal);
  return asList(result.TargetHealthDescriptions).map((fields) => {
    const target = asObject(fields.Target);
    const health = asObject(fields.TargetHealth);
    return {
      id: asText(target.Id),
      port: asText(target.Port),
      availabilityZone: asText(target.AvailabilityZone),
      state: asText(health.State),
      reason: asText(health.Reason),
      description: asText(health.Description),
    };
  });
}
