import type { RequestImpact } from '../../api/insights.ts';
import { formatCount, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';

/** `12.3 % failed (41 of 333)`. */
export function ImpactWords({ impact }: { impact: RequestImpact | undefined }) {
  const t = useText();
  const total = impact?.TotalCount ?? 0;
  const failed = impact?.FaultCount ?? 0;
  if (total === 0) return <>-</>;
  return (
    <span className="hatoba-nowrap">
      {t('insights.impact', {
        share: formatShare(failed, total),
        failed: formatCount(failed),
        total: formatCount(total),
      })}
    </span>
  );
}
