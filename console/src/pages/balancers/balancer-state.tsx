import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useCodeText } from '../../i18n/text.ts';

export function BalancerState({ state }: { state: string }) {
  const words = useCodeText();
  const type = state === 'active' ? 'success' : state === 'provisioning' ? 'in-progress' : 'error';
  return (
    <StatusIndicator wrapText={false} type={type}>
      {words(`balancer-state.${state}`, state)}
    </StatusIndicator>
  );
}
