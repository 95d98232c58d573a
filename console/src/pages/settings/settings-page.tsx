import Tabs from '@cloudscape-design/components/tabs';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useStatus } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Groups } from './groups.tsx';
import { Installation } from './installation.tsx';
import { LedgerTable } from './ledger-table.tsx';
import { SamplingRules } from './sampling-rules.tsx';
import { Thinning } from './thinning.tsx';

export function SettingsPage() {
  const t = useText();
  const { tab } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const status = useStatus();
  const tabs = [
    { id: 'sampling', label: t('sampling.title'), content: <SamplingRules /> },
    { id: 'groups', label: t('map.groups'), content: <Groups /> },
    { id: 'thinning', label: t('thinning.title'), content: <Thinning /> },
    {
      id: 'ledger',
      label: t('settings.ledger'),
      content: <QueryView query={status}>{(found) => <LedgerTable entries={found.ledger ?? []} />}</QueryView>,
    },
    {
      id: 'installation',
      label: t('settings.installation'),
      content: <QueryView query={status}>{(found) => <Installation status={found} />}</QueryView>,
    },
  ];
  return (
    <Page title={t('page.settings')}>
      <Tabs
        tabs={tabs}
        activeTabId={tabs.some((one) => one.id === tab) ? (tab ?? 'sampling') : 'sampling'}
        onChange={({ detail }) =>
          navigate({ search: (before) => ({ ...before, tab: detail.activeTabId }), replace: true })
        }
      />
    </Page>
  );
}
