import type { Service } from '../../api/ecs.ts';
import { describeLoadBalancers, describeTargetGroups } from '../../api/elbv2.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';

/** The load balancers that send requests to a service. */
export function TargetGroupsOf({ service }: { service: Service }) {
  const t = useText();
  const arns = (service.loadBalancers ?? []).flatMap((entry) => (entry.targetGroupArn ? [entry.targetGroupArn] : []));
  const balancers = useLive(
    ['balancers-of', ...arns],
    async ({ scope, signal }) => {
      const [groups, all] = await Promise.all([
        describeTargetGroups(scope, { TargetGroupArns: arns }, signal),
        describeLoadBalancers(scope, signal),
      ]);
      const used = new Set(groups.flatMap((group) => group.loadBalancerArns));
      return all.filter((balancer) => used.has(balancer.arn));
    },
    { ranged: false, enabled: arns.length > 0, refreshMs: 30_000 },
  );
  if (arns.length === 0) return null;
  return (
    <div>
      <dt>{t('page.balancers')}</dt>
      <dd className="hatoba-inline-list">
        {(balancers.data ?? []).map((balancer) => (
          <Go key={balancer.arn} to="/load-balancers/$name" params={{ name: balancer.name }}>
            {balancer.name}
          </Go>
        ))}
      </dd>
    </div>
  );
}
