import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { listMetrics, type Metric } from '../../api/cloudwatch.ts';
import { useLive } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { metricKey, parseMetricKeys } from './metric-key.ts';

const stats = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p95', 'p99'] as const;
const mostGraphed = 12;

export function MetricsPage() {
  const t = useText();
  const search = useSearch({ from: '/metrics' });
  const navigate = useNavigate({ from: '/metrics' });
  const stat = search.stat ?? 'Average';
  const chosen = parseMetricKeys(search.metrics);
  const metrics = useLive(['list-metrics'], ({ scope, signal }) => listMetrics(scope, {}, signal), {
    ranged: false,
    refreshMs: 30_000,
  });
  const set = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const choose = (keys: string[]) =>
    set({ metrics: keys.length > 0 ? JSON.stringify(keys) : undefined } as typeof search);
  const keys = chosen.map(metricKey);

  return (
    <Page title={t('page.metrics')}>
      <SpaceBetween size="m">
        {chosen.length > 0 && (
          <section className="hatoba-box">
            <MetricCharts
              name="browse"
              charts={[
                {
                  title: t('metrics.graph', { stat }),
                  lines: chosen.map((metric) => ({
                    namespace: metric.Namespace,
                    name: metric.MetricName,
                    dimensions: Object.fromEntries((metric.Dimensions ?? []).map((one) => [one.Name, one.Value])),
                    stat,
                    label: [metric.MetricName, ...(metric.Dimensions ?? []).map((one) => one.Value)].join(' '),
                  })),
                  format: formatCount,
                },
              ]}
            />
            <SpaceBetween size="xs" direction="horizontal">
              <Select
                selectedOption={{ value: stat, label: stat }}
                options={stats.map((name) => ({ value: name, label: name }))}
                ariaLabel={t('metrics.statistic')}
                onChange={({ detail }) => set({ stat: detail.selectedOption.value ?? 'Average' })}
              />
              <Button onClick={() => choose([])}>{t('action.clear')}</Button>
            </SpaceBetween>
          </section>
        )}
        <QueryView query={metrics}>
          {(found) => {
            const namespaces = [...new Set(found.map((metric) => metric.Namespace))].sort();
            const shown = found.filter((metric) => matches(metric, search.namespace, search.find));
            return (
              <SpaceBetween size="s">
                <div className="hatoba-filter-line">
                  <Input
                    type="search"
                    value={search.find ?? ''}
                    placeholder={t('metrics.find')}
                    ariaLabel={t('metrics.find')}
                    onChange={({ detail }) => set({ find: detail.value || undefined } as typeof search)}
                  />
                  <Select
                    selectedOption={{ value: search.namespace ?? '', label: search.namespace ?? t('metrics.all') }}
                    options={[
                      { value: '', label: t('metrics.all') },
                      ...namespaces.map((name) => ({ value: name, label: name })),
                    ]}
                    ariaLabel={t('segment.namespace')}
                    onChange={({ detail }) =>
                      set({ namespace: detail.selectedOption.value || undefined } as typeof search)
                    }
                  />
                </div>
                <DataTable
                  title={t('page.metrics')}
                  items={shown}
                  trackBy={metricKey}
                  empty={
                    <Empty
                      title={t('metrics.none')}
                      listening
                      command="aws cloudwatch put-metric-data --namespace Test --metric-name One --value 1"
                    />
                  }
                  columns={[
                    {
                      id: 'name',
                      header: t('metrics.metric'),
                      minWidth: 280,
                      sortingField: 'MetricName',
                      cell: (metric) => {
                        const key = metricKey(metric);
                        const on = keys.includes(key);
                        return (
                          <Button
                            variant="inline-link"
                            disabled={!on && keys.length >= mostGraphed}
                            onClick={() => choose(on ? keys.filter((one) => one !== key) : [...keys, key])}
                          >
                            {on ? `✓ ${metric.MetricName}` : metric.MetricName}
                          </Button>
                        );
                      },
                    },
                    {
                      id: 'namespace',
                      header: t('segment.namespace'),
                      sortingField: 'Namespace',
                      cell: (metric) => metric.Namespace,
                    },
                    {
                      id: 'dimensions',
                      header: t('metrics.dimensions'),
                      cell: (metric) => (
                        <span className="hatoba-wrap">
                          {(metric.Dimensions ?? []).map((one) => `${one.Name}=${one.Value}`).join(', ') || '-'}
                        </span>
                      ),
                    },
                  ]}
                />
              </SpaceBetween>
            );
          }}
        </QueryView>
      </SpaceBetween>
    </Page>
  );
}

function matches(metric: Metric, namespace: string | undefined, find: string | undefined): boolean {
  if (namespace && metric.Namespace !== namespace) return false;
  const words = (find ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const text = metricKey(metric).toLowerCase();
  return words.every((word) => text.includes(word));
}
