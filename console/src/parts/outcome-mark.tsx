import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useText } from '../i18n/text.ts';
import { type Outcome, outcomeText } from './health.tsx';

const kinds: Record<Outcome, StatusIndicatorProps.Type> = {
  ok: 'success',
  error: 'warning',
  throttle: 'pending',
  fault: 'error',
};

/** Shape, colour and word of an outcome; `text` (a status code, say) stands before the word. */
export function OutcomeMark({ outcome, text = '' }: { outcome: Outcome; text?: string }) {
  const t = useText();
  return (
    <StatusIndicator wrapText={false} type={kinds[outcome]}>
      {text ? `${text} ` : ''}
      {outcome === 'ok' && text ? '' : t(outcomeText[outcome])}
    </StatusIndicator>
  );
}
