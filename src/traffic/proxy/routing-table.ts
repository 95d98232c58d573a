import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { loadBalancerDimension, parseElbArn, targetGroupDimension } from '../arn.ts';
import type { Listener, LoadBalancer, Rule, TargetGroup } from '../model.ts';
import type { TrafficStore } from '../store.ts';
import type { LiveTarget } from './live-target.ts';
import { compileConditions, type Matcher, type RoutableRequest } from './match-rule.ts';

/** Everything the proxy needs to route a request, compiled from the resources; replaced as a whole when they change. */
export interface RoutingTable {
  readonly balancers: readonly BalancerRoute[];
  readonly balancersByDnsName: ReadonlyMap<string, BalancerRoute>;
  readonly groups: ReadonlyMap<string, GroupRoute>;
}

export interface BalancerRoute {
  readonly resource: LoadBalancer;
  readonly scope: AccountRegion;
  /** `app/shop/0123456789abcdef` */
  readonly dimension: string;
  readonly idleTimeoutMs: number;
  readonly clientKeepAliveMs: number;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly forwardedForPort: boolean;
  readonly preserveHost: boolean;
  readonly dropInvalidHeaders: boolean;
  readonly listeners: ReadonlyMap<number, ListenerRoute>;
}

export interface ListenerRoute {
  readonly balancer: BalancerRoute;
  readonly resource: Listener;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** In priority order; the default rule is last and matches everything. */
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly arn: string;
  readonly matches: Matcher;
  readonly action: CompiledAction;
  /** Exact names of its host-header conditions, lower case. */
  readonly hostNames: readonly string[];
}

export type CompiledAction =
  | {
      readonly type: 'forward';
      readonly choices: readonly { readonly group: GroupRoute; readonly weight: number }[];
      readonly stickySeconds: number | undefined;
    }
  | { readonly type: 'redirect'; readonly config: NonNullable<Action['RedirectConfig']> }
  | { readonly type: 'fixed-response'; readonly config: NonNullable<Action['FixedResponseConfig']> }
  | { readonly type: 'unavailable' };

export interface GroupRoute {
  readonly resource: TargetGroup;
  readonly arn: string;
  /** `targetgroup/web/0123456789abcdef` */
  readonly dimension: string;
  /** Dimension and scope of each balancer that uses it. */
  readonly balancers: BalancerRoute[];
  readonly targets: readonly LiveTarget[];
  /** What may get a new request now; kept by `chooseEligible` whenever a target's state changes. */
  eligible: readonly LiveTarget[];
  readonly algorithm: string;
  readonly slowStartMs: number;
  readonly stickiness: { readonly type: string; readonly seconds: number; readonly cookieName: string } | undefined;
}

export function matchRule(listener: ListenerRoute, request: RoutableRequest): CompiledRule {
  for (const rule of listener.rules) if (rule.matches(request)) return rule;
  throw new Error('the default rule matches everything');
}

/** Healthy ones; when there are none, all that are unhealthy (fail open); never those that drain or were never checked. */
export function chooseEligible(targets: readonly LiveTarget[]): LiveTarget[] {
  const healthy = targets.filter((target) => target.state === 'healthy' || target.state === 'unavailable');
  return healthy.length > 0 ? healthy : targets.filter((target) => target.state === 'unhealthy');
}

export function buildRoutingTable(store: TrafficStore, liveTargets: ReadonlyMap<string, LiveTarget>): RoutingTable {
  const groups = new Map<string, GroupRoute>();
  for (const { value: group, key } of store.list('elbv2/target-group')) {
    const targets = store
      .list('elbv2/target', `${key}/`)
      .map((target) => liveTargets.get(target.key))
      .filter((target) => target !== undefined);
    groups.set(group.arn, compileGroup(group, targets));
  }
  const balancers = store.list('elbv2/load-balancer').map(({ value, key }) => {
    const listeners = new Map<number, ListenerRoute>();
    const balancer = compileBalancer(value, listeners);
    for (const listener of store.list('elbv2/listener', `${key}/`)) {
      const rules = store
        .list('elbv2/rule', `${listener.key}/`)
        .map((rule) => rule.value)
        .sort((a, b) => a.priority - b.priority);
      listeners.set(listener.value.port, compileListener(balancer, listener.value, rules, groups));
    }
    return balancer;
  });
  return {
    balancers,
    groups,
    balancersByDnsName: new Map(balancers.map((balancer) => [balancer.resource.dnsName.toLowerCase(), balancer])),
  };
}

/** Target group ARNs that actions forward to. */
export function forwardedGroups(actions: readonly Action[]): string[] {
  return actions.flatMap((action) =>
    action.ForwardConfig?.TargetGroups?.length
      ? action.ForwardConfig.TargetGroups.map((group) => group.TargetGroupArn ?? '')
      : action.TargetGroupArn
        ? [action.TargetGroupArn]
        : [],
  );
}

function compileGroup(group: TargetGroup, targets: LiveTarget[]): GroupRoute {
  const attributes = group.attributes;
  const stickyType = attributes['stickiness.type'] ?? 'lb_cookie';
  return {
    resource: group,
    arn: group.arn,
    dimension: targetGroupDimension(group.arn),
    balancers: [],
    targets,
    eligible: chooseEligible(targets),
    algorithm: attributes['load_balancing.algorithm.type'] ?? 'round_robin',
    slowStartMs: Number(attributes['slow_start.duration_seconds'] ?? 0) * 1000,
    stickiness:
      attributes['stickiness.enabled'] === 'true'
        ? {
            type: stickyType,
            seconds: Number(attributes[`stickiness.${stickyType}.duration_seconds`] ?? 86_400),
            cookieName: attributes['stickiness.app_cookie.cookie_name'] ?? '',
          }
        : undefined,
  };
}

function compileBalancer(resource: LoadBalancer, listeners: ReadonlyMap<number, ListenerRoute>): BalancerRoute {
  const { attributes } = resource;
  const { account, region } = parseElbArn(resource.arn)!;
  return {
    resource,
    scope: { account, region },
    dimension: loadBalancerDimension(resource.arn),
    idleTimeoutMs: Number(attributes['idle_timeout.timeout_seconds'] ?? 60) * 1000,
    clientKeepAliveMs: Number(attributes['client_keep_alive.seconds'] ?? 3600) * 1000,
    forwardedFor: (attributes['routing.http.xff_header_processing.mode'] ?? 'append') as BalancerRoute['forwardedFor'],
    forwardedForPort: attributes['routing.http.xff_client_port.enabled'] === 'true',
    preserveHost: attributes['routing.http.preserve_host_header.enabled'] === 'true',
    dropInvalidHeaders: attributes['routing.http.drop_invalid_header_fields.enabled'] === 'true',
    listeners,
  };
}

function compileListener(
  balancer: BalancerRoute,
  listener: Listener,
  rules: readonly Rule[],
  groups: ReadonlyMap<string, GroupRoute>,
): ListenerRoute {
  const compile = (arn: string, matches: Matcher, actions: readonly Action[], hostNames: string[]): CompiledRule => {
    for (const groupArn of forwardedGroups(actions)) {
      const group = groups.get(groupArn);
      if (group && !group.balancers.includes(balancer)) group.balancers.push(balancer);
    }
    return { arn, matches, action: compileAction(actions, groups), hostNames };
  };
  return {
    balancer,
    resource: listener,
    port: listener.port,
    scheme: listener.protocol === 'HTTPS' ? 'https' : 'http',
    rules: [
      ...rules.map((rule) => compile(rule.arn, compileConditions(rule.conditions), rule.actions, hostNamesOf(rule))),
      compile(listener.defaultRuleArn, () => true, listener.defaultActions, []),
    ],
  };
}

const hostNamesOf = (rule: Rule): string[] =>
  rule.conditions
    .filter((condition) => condition.Field === 'host-header')
    .flatMap((condition) => condition.HostHeaderConfig?.Values ?? condition.Values ?? [])
    .filter((name) => !/[*?]/.test(name))
    .map((name) => name.toLowerCase());

function compileAction(actions: readonly Action[], groups: ReadonlyMap<string, GroupRoute>): CompiledAction {
  const action = actions.at(-1);
  if (action?.RedirectConfig) return { type: 'redirect', config: action.RedirectConfig };
  if (action?.FixedResponseConfig) return { type: 'fixed-response', config: action.FixedResponseConfig };
  const weighted = action?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action?.TargetGroupArn, Weight: 1 }];
  const choices = weighted.flatMap(({ TargetGroupArn, Weight }) => {
    const group = groups.get(TargetGroupArn ?? '');
    return group ? [{ group, weight: Weight ?? 1 }] : [];
  });
  if (choices.length === 0) return { type: 'unavailable' };
  const stickiness = action?.ForwardConfig?.TargetGroupStickinessConfig;
  return { type: 'forward', choices, stickySeconds: stickiness?.Enabled ? stickiness.DurationSeconds : undefined };
}
