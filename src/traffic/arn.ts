import type { AccountRegion } from '../wire/aws/call-context.ts';

/** Parts of an ELBv2 ARN, or undefined when it is none. */
export interface ElbArn extends AccountRegion {
  readonly type: 'loadbalancer' | 'listener' | 'listener-rule' | 'targetgroup';
  /** Key of the resource in the state store. */
  readonly key: string;
}

const pattern =
  /^arn:aws[^:]*:elasticloadbalancing:([^:]+):(\d{12}):(?:(loadbalancer)\/app\/([^/]+)\/([0-9a-f]+)|(listener)\/app\/([^/]+)\/[0-9a-f]+\/([0-9a-f]+)|(listener-rule)\/app\/([^/]+)\/[0-9a-f]+\/([0-9a-f]+)\/([0-9a-f]+)|(targetgroup)\/([^/]+)\/[0-9a-f]+)$/;

export function parseElbArn(arn: string): ElbArn | undefined {
  const match = pattern.exec(arn);
  if (!match) return undefined;
  const [, region, account] = match as unknown as [string, string, string];
  const base = { account, region };
  const prefix = `${account}/${region}/`;
  if (match[3]) return { ...base, type: 'loadbalancer', key: `${prefix}${match[4]}` };
  if (match[6]) return { ...base, type: 'listener', key: `${prefix}${match[7]}/${match[8]}` };
  if (match[9]) return { ...base, type: 'listener-rule', key: `${prefix}${match[10]}/${match[11]}/${match[12]}` };
  return { ...base, type: 'targetgroup', key: `${prefix}${match[14]}` };
}

export const elbArn = (scope: AccountRegion, resource: string): string =>
  `arn:aws:elasticloadbalancing:${scope.region}:${scope.account}:${resource}`;

/** The tail that CloudWatch uses as a dimension: `app/shop/0123`, `targetgroup/web/0123`. */
export const loadBalancerDimension = (arn: string): string => arn.slice(arn.indexOf('loadbalancer/') + 13);
export const targetGroupDimension = (arn: string): string => arn.slice(arn.indexOf('targetgroup/'));

/** `loadbalancer/app/shop/0123` from `listener/app/shop/0123/4567`. */
export const loadBalancerArnOfListener = (listenerArn: string): string =>
  listenerArn.slice(0, listenerArn.lastIndexOf('/')).replace(':listener/', ':loadbalancer/');
