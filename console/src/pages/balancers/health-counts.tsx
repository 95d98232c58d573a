import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { TargetHealth } from '../../api/elbv2.ts';
import { useCodeText, useText } from '../../i18n/text.ts';

const kinds: Record<string, StatusIndicatorProps.Type> = {
  healthy: 'success',
  unhealthy: 'error',
  initial: 'in-progress',
  draining: 'pending',
  unused: 'stopped',
  unavailable: 'warning',
};

export function TargetState({ state, count }: { state: string; count?: number }) {
  const words = useCodeText();
  return (
    <StatusIndicator wrapText={false} type={kinds[state] ?? 'info'}>
      {count === undefined ? '' : `${count} `}
      {words(`target.${state}`, state)}
    </StatusIndicator>
  );
}

/** How many targets are in which state. */
export function HealthCounts({ health }: { health: readonly TargetHealth[] }) {
  const t = useText();
  const counts = new Map<string, number>();
  for (const target of health) counts.set(target.state, (counts.get(target.state) ?? 0) + 1);
  if (counts.size === 0) return <span className="hatoba-soft">{t('balancers.no-targets')}</span>;
  return (
    <span className="hatoba-inline-list">
      {[...counts].map(([state, count]) => (
        <TargetState key={state} state={state} count={count} />
      ))}
    </span>
  );
}
