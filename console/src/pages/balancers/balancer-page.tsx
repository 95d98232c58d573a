import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import {
  describeListeners,
  describeLoadBalancers,
  describeRules,
  describeTargetGroups,
  describeTargetHealth,
  type LoadBalancer,
} from '../../api/elbv2.ts';
import type { Scope } from '../../api/request.ts';
import { useLive } from '../../app/scope.ts';
import { formatCount, formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { type MetricChart, MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { BalancerAddress } from './balancer-address.tsx';
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
        <MetricCharts name={`balancer ${balancer.name}`} charts={balancerCharts(t, balancer)} />
      </section>
    </SpaceBetween>
  );
}

/** The dimension as CloudWatch has it: the end of the ARN, `app/<name>/<id>`. */
function balancerCharts(t: ReturnType<typeof useText>, balancer: LoadBalancer): MetricChart[] {
  const dimensions = { LoadBalancer: balancer.arn.split(':loadbalancer/')[1] ?? balancer.name };
  const line = (name: string, label: string, stat: string) => ({
    namespace: 'AWS/ApplicationELB',
    name,
    dimensions,
    stat,
    label,
  });
  return [
    {
      title: t('metric.requests'),
      lines: [line('RequestCount', t('metric.requests'), 'Sum')],
      format: formatCount,
      period: 60,
    },
    {
      title: t('metric.target-time'),
      lines: [line('TargetResponseTime', 'p50', 'p50'), line('TargetResponseTime', 'p95', 'p95')],
      format: (seconds) => formatDuration(seconds),
      period: 60,
    },
    {
      title: t('metric.responses'),
      lines: [
        line('HTTPCode_Target_2XX_Count', '2xx', 'Sum'),
        line('HTTPCode_Target_4XX_Count', '4xx', 'Sum'),
        line('HTTPCode_Target_5XX_Count', '5xx', 'Sum'),
        line('HTTPCode_ELB_5XX_Count', t('metric.elb-5xx'), 'Sum'),
      ],
      format: formatCount,
      period: 60,
    },
  ];
}
