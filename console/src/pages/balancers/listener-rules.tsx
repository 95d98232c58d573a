import type { Action, Rule } from '../../api/elbv2.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import type { BalancerReading } from './balancer-page.tsx';

interface ListenerRulesProps {
  listener: BalancerReading['listeners'][number];
  groups: BalancerReading['groups'];
}

/** A listener's rules in the order in which they are tried. */
export function ListenerRules({ listener, groups }: ListenerRulesProps) {
  const t = useText();
  const order = (rule: Rule) => (rule.isDefault ? Number.POSITIVE_INFINITY : Number(rule.priority));
  const groupName = (arn: string) => groups.find((group) => group.arn === arn)?.name ?? arn;
  const words = (action: Action) => {
    const to = action.targetGroups.map((group) => groupName(group.arn)).join(', ');
    return `${action.type} ${to || action.detail}`.trim();
  };
  return (
    <DataTable
      title={`${listener.protocol}:${listener.port}`}
      description={t('balancers.rules')}
      items={[...listener.rules].sort((a, b) => order(a) - order(b))}
      trackBy={(rule) => rule.arn}
      empty={t('balancers.no-rules')}
      columns={[
        {
          id: 'priority',
          header: t('balancers.priority'),
          cell: (rule) => (rule.isDefault ? t('balancers.default') : rule.priority),
        },
        {
          id: 'conditions',
          header: t('balancers.conditions'),
          cell: (rule) =>
            rule.conditions.map((condition) => `${condition.field}: ${condition.values.join(' | ')}`).join('; ') || '-',
        },
        { id: 'actions', header: t('balancers.actions'), cell: (rule) => rule.actions.map(words).join('; ') },
      ]}
    />
  );
}
