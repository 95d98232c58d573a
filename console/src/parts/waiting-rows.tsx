import { formatCount } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';

/** How many rows there are that are not shown while somebody points at the others. */
export function WaitingRows({ count }: { count: number }) {
  const t = useText();
  if (count === 0) return null;
  return (
    <span className="hatoba-waiting" title={t('table.waiting-hint')}>
      {t('table.waiting', { count: formatCount(count) })}
    </span>
  );
}
