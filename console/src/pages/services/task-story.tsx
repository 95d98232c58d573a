import type { Task } from '../../api/ecs.ts';
import { formatDuration } from '../../i18n/format.ts';
import { type MessageKey, useText } from '../../i18n/text.ts';
import { When } from '../../parts/when.tsx';

const steps: readonly { member: keyof Task; text: MessageKey }[] = [
  { member: 'createdAt', text: 'task.created' },
  { member: 'pullStartedAt', text: 'task.pull-started' },
  { member: 'pullStoppedAt', text: 'task.pull-stopped' },
  { member: 'startedAt', text: 'task.started' },
  { member: 'stoppingAt', text: 'task.stopping' },
  { member: 'executionStoppedAt', text: 'task.execution-stopped' },
  { member: 'stoppedAt', text: 'task.stopped' },
];

/** From PROVISIONING to STOPPED: when each step was, and how long it took. */
export function TaskStory({ task }: { task: Task }) {
  const t = useText();
  const passed = steps.flatMap((step) => {
    const at = task[step.member];
    return typeof at === 'number' ? [{ ...step, at }] : [];
  });
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('task.story')}</div>
      <ol className="hatoba-story">
        {passed.map((step, index) => {
          const before = passed[index - 1];
          return (
            <li key={step.member}>
              <When at={step.at} milliseconds />
              <span>
                {t(step.text)}
                {before && <span className="hatoba-soft">{` +${formatDuration(step.at - before.at)}`}</span>}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
