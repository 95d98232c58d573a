import SpaceBetween from '@cloudscape-design/components/space-between';
import { useStatus } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { SamplingRules } from './sampling-rules.tsx';

export function SettingsPage() {
  const t = useText();
  const status = useStatus();
  return (
    <Page title={t('page.settings')}>
      <SpaceBetween size="l">
        <SamplingRules />
        <QueryView query={status}>
          {(found) => (
            <SpaceBetween size="l">
              <section className="hatoba-box">
                <div className="hatoba-label">{t('settings.installation')}</div>
                <dl className="hatoba-facts hatoba-facts-wide">
                  <div>
                    <dt>hatoba</dt>
                    <dd>{found.version ?? '-'}</dd>
                  </div>
                  <div>
                    <dt>{t('settings.runtime')}</dt>
                    <dd>{found.runtime ?? '-'}</dd>
                  </div>
                  <div>
                    <dt>{t('definition.network')}</dt>
                    <dd>{[found.network?.mode, found.network?.reason].filter(Boolean).join(': ') || '-'}</dd>
                  </div>
                  {Object.entries(found.ports ?? {}).map(([name, port]) => (
                    <div key={name}>
                      <dt>{t('settings.port', { name })}</dt>
                      <dd>{port}</dd>
                    </div>
                  ))}
                </dl>
                {found.runtime === 'process' && <p className="hatoba-soft">{t('settings.no-sandbox')}</p>}
              </section>
              <DataTable
                title={t('settings.ledger')}
                description={t('settings.ledger-hint')}
                items={found.ledger ?? []}
                trackBy={(entry) => entry.source}
                empty={t('settings.no-ledger')}
                columns={[
                  { id: 'source', header: t('settings.source'), cell: (entry) => entry.source },
                  { id: 'received', header: t('settings.received'), cell: (entry) => formatCount(entry.received) },
                  { id: 'accepted', header: t('settings.accepted'), cell: (entry) => formatCount(entry.accepted) },
                  { id: 'stored', header: t('settings.stored'), cell: (entry) => formatCount(entry.stored) },
                  { id: 'refused', header: t('settings.refused'), cell: (entry) => formatCount(entry.refused) },
                  {
                    id: 'reasons',
                    header: t('service.reason'),
                    cell: (entry) =>
                      Object.entries(entry.reasons ?? {})
                        .map(([reason, count]) => `${reason}: ${count}`)
                        .join(', ') || '-',
                  },
                ]}
              />
            </SpaceBetween>
          )}
        </QueryView>
      </SpaceBetween>
    </Page>
  );
}
