import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useText } from '../../i18n/text.ts';
import type { BarRun } from './run-bars.tsx';

/** How the newest run ended. */
export function CanaryState({ runs }: { runs: readonly BarRun[] }) {
  const t = useText();
  const last = runs[0];
  if (!last)
    return (
      <StatusIndicator wrapText={false} type="pending">
        {t('canary.no-run')}
      </StatusIndicator>
    );
  return last.passed ? (
    <StatusIndicator wrapText={false} type="success">
      {t('canary.passed')}
    </StatusIndicator>
  ) : (
    <StatusIndicator wrapText={false} type="error">
      {t('canary.failed')}
    </StatusIndicator>
  );
}
