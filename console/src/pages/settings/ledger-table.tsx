import type { LedgerEntry } from '../../api/hatoba.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';

/** Per source: what was received and what became of it. Received is accepted and refused together. */
export function LedgerTable({ entries }: { entries: readonly LedgerEntry[] }) {
  const t = useText();
  const sum = (member: 'received' | 'accepted' | 'stored' | 'refused' | 'thinned' | 'removed') =>
    entries.reduce((total, entry) => total + (entry[member] ?? 0), 0);
  const all: LedgerEntry = {
    source: '',
    received: sum('received'),
    accepted: sum('accepted'),
    stored: sum('stored'),
    refused: sum('refused'),
    thinned: sum('thinned'),
    removed: sum('removed'),
  };
  const count = (value: number | undefined) => (
    <span title={String(value ?? 0)}>{value === undefined ? '-' : formatCount(value)}</span>
  );
  return (
    <DataTable
      title={t('settings.ledger')}
      description={t('settings.ledger-hint')}
      items={entries.length > 1 ? [...entries, all] : entries}
      trackBy={(entry) => entry.source || 'all'}
      empty={t('settings.no-ledger')}
      columns={[
        {
          id: 'source',
          header: t('settings.source'),
          cell: (entry) => entry.source || <strong>{t('settings.all-sources')}</strong>,
        },
        { id: 'received', header: t('settings.received'), cell: (entry) => count(entry.received) },
        { id: 'accepted', header: t('settings.accepted'), cell: (entry) => count(entry.accepted) },
        { id: 'stored', header: t('settings.stored'), cell: (entry) => count(entry.stored) },
        { id: 'thinned', header: t('settings.thinned'), cell: (entry) => count(entry.thinned) },
        { id: 'removed', header: t('settings.removed'), cell: (entry) => count(entry.removed) },
        { id: 'refused', header: t('settings.refused'), cell: (entry) => count(entry.refused) },
        {
          id: 'reasons',
          header: t('service.reason'),
          cell: (entry) =>
            Object.entries(entry.reasons ?? {})
              .map(([reason, count]) => `${reason}: ${formatCount(count)}`)
              .join(', ') || '-',
        },
      ]}
    />
  );
}
