import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useCodeText } from '../../i18n/text.ts';

const kinds: Record<string, StatusIndicatorProps.Type> = {
  OK: 'success',
  ALARM: 'error',
  INSUFFICIENT_DATA: 'pending',
};

export function AlarmState({ state = '' }: { state?: string | undefined }) {
  const words = useCodeText();
  return (
    <StatusIndicator wrapText={false} type={kinds[state] ?? 'info'}>
      {words(`alarm-state.${state}`, state || '-')}
    </StatusIndicator>
  );
}
