import type { Clock } from '../../../platform/clock.ts';
import type { Versioned } from '../../../stores/state/store.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { CallContext } from '../../../wire/aws/call-context.ts';
import type { Handlers } from '../../../wire/aws/service-table.ts';
import { parseElbArn } from '../../arn.ts';
import type { HealthChecker } from '../../health/health-checker.ts';
import type { Kind, Listener, LoadBalancer, Resources, Rule, TargetGroup } from '../../model.ts';
import type { LiveTargets } from '../../proxy/live-targets.ts';
import type { TrafficStore } from '../../store.ts';
import type { VpcView } from '../../vpc/vpc-view.ts';

export type Elbv2Handlers = Handlers<typeof import('@aws-sdk/client-elastic-load-balancing-v2')>;

/** What the ELBv2 operations work with. */
export interface Elbv2Deps {
  readonly store: TrafficStore;
  readonly targets: LiveTargets;
  readonly checker: HealthChecker;
  readonly vpc: VpcView;
  readonly clock: Clock;
}

const notFound: Record<'loadbalancer' | 'listener' | 'listener-rule' | 'targetgroup', [Kind, string, string]> = {
  loadbalancer: ['elbv2/load-balancer', 'LoadBalancerNotFound', 'One or more load balancers not found'],
  listener: ['elbv2/listener', 'ListenerNotFound', 'One or more listeners not found'],
  'listener-rule': ['elbv2/rule', 'RuleNotFound', 'One or more rules not found'],
  targetgroup: ['elbv2/target-group', 'TargetGroupNotFound', 'One or more target groups not found'],
};

type Found<Type> = Type extends 'loadbalancer'
  ? LoadBalancer
  : Type extends 'listener'
    ? Listener
    : Type extends 'listener-rule'
      ? Rule
      : TargetGroup;

/** The resource of an ARN, in the caller's account and region. Throws the type's own ...NotFound. */
export function findByArn<Type extends keyof typeof notFound>(
  store: TrafficStore,
  context: Pick<CallContext, 'account' | 'region'> | undefined,
  type: Type,
  arn: string | undefined,
): Versioned<Found<Type>> {
  const [kind, code, message] = notFound[type];
  const parsed = parseElbArn(arn ?? '');
  if (!parsed || parsed.type !== type) {
    if (type === 'targetgroup' || type === 'loadbalancer') {
      if (!arn?.startsWith('arn:')) throw awsError('ValidationError', `'${arn}' is not a valid ${label[type]} ARN`);
    }
    throw awsError(code, message);
  }
  const own = context === undefined || (parsed.account === context.account && parsed.region === context.region);
  const found = own ? store.get(kind, parsed.key) : undefined;
  if (!found || (found.value as Resources[Kind] & { arn: string }).arn !== arn) throw awsError(code, message);
  return found as unknown as Versioned<Found<Type>>;
}

const label = {
  loadbalancer: 'load balancer',
  listener: 'listener',
  'listener-rule': 'rule',
  targetgroup: 'target group',
};

export const toTags = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined) =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
