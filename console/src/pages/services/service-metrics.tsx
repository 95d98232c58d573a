import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Service } from '../../api/ecs.ts';
import { describeTargetGroups } from '../../api/elbv2.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { balancerCharts, balancerDimension, targetGroupDimension } from '../balancers/balancer-charts.ts';
import { resourceCharts } from './resource-charts.ts';

/** What a service was asked and how it answered, as its load balancers saw it; below it what it used. */
export function ServiceMetrics({ cluster, service }: { cluster: string; service: Service }) {
  const t = useText();
  const name = service.serviceName;
  const arns = (service.loadBalancers ?? []).flatMap((entry) => (entry.targetGroupArn ? [entry.targetGroupArn] : []));
  const groups = useLive(
    ['target-groups-of', ...arns],
    ({ scope, signal }) => describeTargetGroups(scope, { TargetGroupArns: arns }, signal),
    { ranged: false, enabled: arns.length > 0, refreshMs: 30_000 },
  );
  return (
    <SpaceBetween size="l">
      {(groups.data ?? []).flatMap((group) =>
        group.loadBalancerArns.map((balancer) => (
          <MetricCharts
            key={`${group.arn} ${balancer}`}
            name={`group ${group.arn}`}
            charts={balancerCharts(t, {
              TargetGroup: targetGroupDimension(group.arn),
              LoadBalancer: balancerDimension(balancer),
            })}
          />
        )),
      )}
      <MetricCharts
        name={`service ${cluster} ${name}`}
        charts={resourceCharts(t, { ClusterName: cluster, ServiceName: name })}
      />
    </SpaceBetween>
  );
}
