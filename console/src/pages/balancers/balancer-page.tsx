import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import {
  describeListeners,
  describeLoadBalancers,
  describeRules,
  describeTargetGroups,
  describeTargetHealth,
} from '../../api/elbv2.ts';
import type { Scope } from '../../api/request.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { BalancerAddress } from './balancer-address.tsx';
import { balancerCharts, balancerDimension } from './balancer-charts.ts';
import { BalancerState } from './balancer-state.tsx';
import { ListenerRules } from './listener-rules.tsx';
import { TargetGroupTable } from './target-group-table.tsx';

async function readBalancer(scope: Scope, name: string, signal: AbortSignal) {
  const balancer = (await describeLoadBalancers(scope, signal)).find((candidate) => candidate.name === name);
  if (!balancer) return null;
  const [listeners, groups] = await Promise.all([
    describeListeners(scope, balancer.arn, signal),
    describeTargetGroups(scope, { LoadBalancerArn: balancer.arn }, signal),
  ]);
  const [withRules, withHealth] = await Promise.all([
    Promise.all(
      listeners.map(async (listener) => ({ ...listener, rules: await describeRules(scope, listener.arn, signal) })),
    ),
    Promise.all(
      groups.map(async (group) => ({ ...group, health: await describeTargetHealth(scope, group.arn, signal) })),
    ),
  ]);
  return { balancer, listeners: withRules, groups: withHealth };
}

export type BalancerReading = NonNullable<Awaited<ReturnType<typeof readBalancer>>>;

export function BalancerPage() {
  const t = useText();
  const { name } = useParams({ from: '/load-balancers/$name' });
  const reading = useLive(['balancer', name], ({ scope, signal }) => readBalancer(scope, name, signal), {
    ranged: false,
  });
  return (
    <Page title={name} crumbs={[{ text: t('page.balancers'), to: '/load-balancers' }]}>
      <QueryView query={reading}>
        {(found) => (found ? <BalancerView reading={found} /> : <Empty title={t('balancers.not-found')} />)}
      </QueryView>
    </Page>
  );
}

function BalancerView({ reading }: { reading: BalancerReading }) {
  const t = useText();
  const { balancer, listeners, groups } = reading;
  return (
    <SpaceBetween size="l">
      <dl className="hatoba-facts hatoba-facts-wide">
        <div>
          <dt>{t('column.status')}</dt>
          <dd>
            <BalancerState state={balancer.state} />
          </dd>
        </div>
        <div>
          <dt>{t('balancers.address')}</dt>
          <dd>
            <BalancerAddress dnsName={balancer.dnsName} />
          </dd>
        </div>
        <div>
          <dt>{t('balancers.scheme')}</dt>
          <dd>{balancer.scheme}</dd>
        </div>
      </dl>
      {listeners.map((listener) => (
        <ListenerRules key={listener.arn} listener={listener} groups={groups} />
      ))}
      {groups.map((group) => (
        <TargetGroupTable key={group.arn} group={group} />
      ))}
      <section className="hatoba-box">
        <MetricCharts
          name={`balancer ${balancer.name}`}
          charts={balancerCharts(t, { LoadBalancer: balancerDimension(balancer.arn) })}
        />
      </section>
    </SpaceBetween>
  );
}
