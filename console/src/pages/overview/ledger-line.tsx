import { useStatus } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';

/** What has come in, and what became of it, in one line. */
export function LedgerLine() {
  const t = useText();
  const ledger = useStatus().data?.ledger ?? [];
  const sum = (member: 'received' | 'stored' | 'refused') => ledger.reduce((total, entry) => total + entry[member], 0);
  return (
    <p className="hatoba-soft">
      {t('overview.ledger', {
        received: formatCount(sum('received')),
        stored: formatCount(sum('stored')),
        refused: formatCount(sum('refused')),
      })}{' '}
      <Go to="/settings" search={{ tab: 'ledger' }}>
        {t('overview.ledger-more')}
      </Go>
    </p>
  );
}
