import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { Task } from '../../api/ecs.ts';
import { useCodeText } from '../../i18n/text.ts';

function kindOf(task: Task): StatusIndicatorProps.Type {
  if (task.lastStatus === 'STOPPED') {
    const failed = (task.containers ?? []).some((container) => (container.exitCode ?? 0) !== 0 || container.reason);
    return failed || task.stopCode === 'TaskFailedToStart' ? 'error' : 'stopped';
  }
  if (task.lastStatus !== 'RUNNING') return 'in-progress';
  if (task.healthStatus === 'UNHEALTHY') return 'warning';
  return 'success';
}

/** The task's last status, and its health where it has a health check. */
export function TaskState({ task }: { task: Task }) {
  const words = useCodeText();
  const health = task.healthStatus && task.healthStatus !== 'UNKNOWN' ? task.healthStatus : '';
  return (
    <StatusIndicator wrapText={false} type={kindOf(task)}>
      {words(`task-status.${task.lastStatus}`, task.lastStatus)}
      {health && task.lastStatus === 'RUNNING' ? ` · ${words(`health.${health}`, health)}` : ''}
    </StatusIndicator>
  );
}
