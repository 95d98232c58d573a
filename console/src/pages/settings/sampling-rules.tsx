import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteSamplingRule, getSamplingRules, getSamplingStatistics, type SamplingRule } from '../../api/xray.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { formatCount, formatPercent } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { SamplingRuleDialog } from './sampling-rule-dialog.tsx';

/** What a rule asks for, without the parts that take anything. */
function matchOf(rule: SamplingRule): string {
  const address = rule.Host === '*' && rule.URLPath === '*' ? '*' : `${rule.Host}${rule.URLPath}`;
  const attributes = Object.entries(rule.Attributes ?? {}).map(([name, pattern]) => `${name}=${pattern}`);
  const parts = [rule.HTTPMethod, address, rule.ServiceName, rule.ServiceType].filter((part) => part !== '*');
  return [...parts, ...attributes].join(' · ');
}

/** Sampling rules in the order in which they are tried, with what each matched lately. */
export function SamplingRules() {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const [edited, setEdited] = useState<{ rule?: SamplingRule; like?: SamplingRule } | null>(null);
  const rules = useLive(['sampling-rules'], ({ scope, signal }) => getSamplingRules(scope, signal), { ranged: false });
  const statistics = useLive(['sampling-statistics'], ({ scope, signal }) => getSamplingStatistics(scope, signal), {
    ranged: false,
  });
  const remove = useMutation({
    mutationFn: (name: string) => deleteSamplingRule(scope, name),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sampling-rules'] }),
  });
  const counts = (name: string | undefined) => {
    const own = (statistics.data ?? []).filter((one) => one.RuleName === name);
    const matched = own.reduce((sum, one) => sum + (one.RequestCount ?? 0), 0);
    const sampled = own.reduce((sum, one) => sum + (one.SampledCount ?? 0), 0);
    return own.length > 0
      ? t('sampling.counts', { sampled: formatCount(sampled), matched: formatCount(matched) })
      : '-';
  };
  return (
    <div>
      {remove.error && <ErrorBox error={remove.error} />}
      <QueryView query={rules}>
        {(found) => (
          <DataTable
            title={t('sampling.title')}
            description={t('sampling.hint')}
            actions={<Button onClick={() => setEdited({})}>{t('sampling.create')}</Button>}
            items={[...found].sort((a, b) => a.Priority - b.Priority)}
            trackBy={(rule) => rule.RuleName ?? ''}
            empty="-"
            columns={[
              { id: 'priority', header: t('balancers.priority'), cell: (rule) => rule.Priority },
              { id: 'name', header: t('column.name'), cell: (rule) => rule.RuleName },
              {
                id: 'match',
                header: t('sampling.match'),
                cell: (rule) => matchOf(rule) || t('sampling.any'),
              },
              {
                id: 'reservoir',
                header: t('sampling.reservoir'),
                cell: (rule) => t('sampling.per-second', { count: rule.ReservoirSize }),
              },
              { id: 'rate', header: t('sampling.rate'), cell: (rule) => formatPercent(rule.FixedRate * 100) },
              { id: 'counts', header: t('sampling.lately'), cell: (rule) => counts(rule.RuleName) },
              {
                id: 'actions',
                header: t('balancers.actions'),
                cell: (rule) => (
                  <SpaceBetween size="xs" direction="horizontal">
                    <Button variant="inline-link" onClick={() => setEdited({ rule })}>
                      {t('action.edit')}
                    </Button>
                    <Button variant="inline-link" onClick={() => setEdited({ like: rule })}>
                      {t('action.clone')}
                    </Button>
                    {rule.RuleName !== 'Default' && (
                      <Button variant="inline-link" onClick={() => remove.mutate(rule.RuleName ?? '')}>
                        {t('action.delete')}
                      </Button>
                    )}
                  </SpaceBetween>
                ),
              },
            ]}
          />
        )}
      </QueryView>
      {edited && <SamplingRuleDialog rule={edited.rule} like={edited.like} onClose={() => setEdited(null)} />}
    </div>
  );
}
