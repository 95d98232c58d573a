import type { Service } from '../../api/ecs.ts';
import { useText } from '../../i18n/text.ts';
import { colour } from '../../theme.ts';

const mostSlots = 40;

/** Running against desired as a row of little boxes, and in numbers. */
export function TaskSlots({ service }: { service: Service }) {
  const t = useText();
  const { runningCount, pendingCount, desiredCount } = service;
  const missing = Math.max(0, desiredCount - runningCount - pendingCount);
  const slots = [
    ...Array.from({ length: runningCount }, (_, index) => ({ key: `r${index}`, sign: '●', fill: colour.ok })),
    ...Array.from({ length: pendingCount }, (_, index) => ({ key: `p${index}`, sign: '…', fill: colour.error })),
    ...Array.from({ length: missing }, (_, index) => ({ key: `m${index}`, sign: '×', fill: colour.fault })),
  ].slice(0, mostSlots);
  return (
    <span className="hatoba-inline-list">
      <span className="hatoba-slots" aria-hidden="true">
        {slots.map((slot) => (
          <span key={slot.key} className="hatoba-slot" style={{ background: slot.fill }}>
            {slot.sign}
          </span>
        ))}
      </span>
      <span>
        {t('services.of-desired', { running: runningCount, desired: desiredCount })}
        {pendingCount > 0 ? ` (${t('services.pending-count', { count: pendingCount })})` : ''}
      </span>
    </span>
  );
}
