import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useText } from '../../i18n/text.ts';

export function InsightState({ state }: { state: 'ACTIVE' | 'CLOSED' | undefined }) {
  const t = useText();
  return (
    <StatusIndicator wrapText={false} type={state === 'ACTIVE' ? 'error' : 'stopped'}>
      {t(state === 'ACTIVE' ? 'insight-state.ACTIVE' : 'insight-state.CLOSED')}
    </StatusIndicator>
  );
}
