import type { Alarm } from '../../api/cloudwatch.ts';

export interface Subject {
  text: string;
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string>;
}

/** What an alarm is about, by its metric's dimensions: a canary, a load balancer, a service, a cluster. */
export function subjectOf(alarm: Alarm): Subject | undefined {
  const dimensions = new Map((alarm.Dimensions ?? []).map((one) => [one.Name, one.Value]));
  const canary = dimensions.get('CanaryName');
  if (canary) return { text: canary, to: '/canaries/$name', params: { name: canary } };
  const balancer = dimensions.get('LoadBalancer')?.split('/')[1];
  if (balancer) return { text: balancer, to: '/load-balancers/$name', params: { name: balancer } };
  const cluster = dimensions.get('ClusterName');
  const service = dimensions.get('ServiceName');
  if (cluster && service) return { text: service, to: '/services/$cluster/$service', params: { cluster, service } };
  if (cluster) return { text: cluster, to: '/services/$cluster', params: { cluster } };
  return undefined;
}
