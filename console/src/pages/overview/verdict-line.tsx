import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { DeploymentFact, Verdict } from '../../api/hatoba.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { When } from '../../parts/when.tsx';
import { messageKey, readable } from './verdict-words.ts';

const kinds = { ok: 'success', warning: 'warning', critical: 'error' } as const;

/** The answer to "is it all right?" in one sentence. */
export function VerdictLine({ verdict, after }: { verdict: Verdict; after?: DeploymentFact | undefined }) {
  const t = useText();
  const words = useCodeText();
  const type = verdict.code === 'nothing-yet' ? 'pending' : kinds[verdict.level];
  const { sources } = verdict.params;
  const unread = String(sources ?? '').split(',');
  const params = {
    ...readable(verdict.params),
    ...(sources === undefined ? {} : { sources: unread.map((one) => words(`page.${one}`, one)).join(', ') }),
  };
  return (
    <p className="hatoba-verdict" role="status">
      <StatusIndicator type={type}>
        <span className="hatoba-verdict">{words(messageKey(verdict), verdict.code, params)}</span>
      </StatusIndicator>
      {verdict.since && (
        <span className="hatoba-soft hatoba-since">
          {' '}
          {t('overview.since')} <When at={verdict.since} />
          {after && `, ${t('overview.right-after', { revision: after.revision })}`}
        </span>
      )}
    </p>
  );
}
