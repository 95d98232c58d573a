import SpaceBetween from '@cloudscape-design/components/space-between';
import { describeLoadBalancers, describeTargetGroups, describeTargetHealth } from '../../api/elbv2.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { BalancerAddress } from './balancer-address.tsx';
import { BalancerState } from './balancer-state.tsx';
import { HealthCounts } from './health-counts.tsx';

export function BalancersPage() {
  const t = useText();
  const balancers = useLive(['balancers'], ({ scope, signal }) => describeLoadBalancers(scope, signal), {
    ranged: false,
  });
  const groups = useLive(
    ['target-groups'],
    async ({ scope, signal }) =>
      Promise.all(
        (await describeTargetGroups(scope, {}, signal)).map(async (group) => ({
          ...group,
          health: await describeTargetHealth(scope, group.arn, signal),
        })),
      ),
    { ranged: false },
  );
  const nameOf = (arn: string) => balancers.data?.find((balancer) => balancer.arn === arn)?.name;
  return (
    <Page title={t('page.balancers')}>
      <SpaceBetween size="l">
        <QueryView query={balancers}>
          {(found) => (
            <DataTable
              title={t('page.balancers')}
              items={found}
              trackBy={(balancer) => balancer.arn}
              empty={
                <Empty
                  title={t('balancers.none')}
                  command="aws elbv2 create-load-balancer --name web --type application --subnets $(aws ec2 describe-subnets --query 'Subnets[].SubnetId' --output text)"
                  listening
                />
              }
              columns={[
                {
                  id: 'name',
                  header: t('column.name'),
                  sortingField: 'name',
                  cell: (balancer) => (
                    <Go to="/load-balancers/$name" params={{ name: balancer.name }}>
                      {balancer.name}
                    </Go>
                  ),
                },
                {
                  id: 'state',
                  header: t('column.status'),
                  cell: (balancer) => <BalancerState state={balancer.state} />,
                },
                {
                  id: 'dns',
                  header: t('balancers.address'),
                  cell: (balancer) => <BalancerAddress dnsName={balancer.dnsName} />,
                },
                { id: 'type', header: t('column.type'), cell: (balancer) => balancer.type },
                { id: 'scheme', header: t('balancers.scheme'), cell: (balancer) => balancer.scheme },
              ]}
            />
          )}
        </QueryView>
        <QueryView query={groups}>
          {(found) => (
            <DataTable
              title={t('balancers.target-groups')}
              items={found}
              trackBy={(group) => group.arn}
              empty={t('balancers.no-target-groups')}
              columns={[
                { id: 'name', header: t('column.name'), sortingField: 'name', cell: (group) => group.name },
                {
                  id: 'health',
                  header: t('balancers.targets'),
                  cell: (group) => <HealthCounts health={group.health} />,
                },
                { id: 'port', header: t('balancers.port'), cell: (group) => `${group.protocol} ${group.port}` },
                { id: 'check', header: t('balancers.health-check'), cell: (group) => group.healthCheckPath || '-' },
                {
                  id: 'balancers',
                  header: t('page.balancers'),
                  cell: (group) => (
                    <span className="hatoba-inline-list">
                      {group.loadBalancerArns.map((arn) => {
                        const name = nameOf(arn);
                        return name ? (
                          <Go key={arn} to="/load-balancers/$name" params={{ name }}>
                            {name}
                          </Go>
                        ) : null;
                      })}
                    </span>
                  ),
                },
              ]}
            />
          )}
        </QueryView>
      </SpaceBetween>
    </Page>
  );
}
