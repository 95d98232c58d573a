import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type RulePreview as Preview, previewSamplingRule } from '../../api/sampling.ts';
import type { SamplingRule } from '../../api/xray.ts';
import { useScope } from '../../app/scope.ts';
import { formatCount, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { ErrorBox, Loading } from '../../parts/states.tsx';

const typingPauseMs = 300;

/** What the rule, as it stands in the form, would have matched in the last hour. */
export function RulePreview({ rule }: { rule: SamplingRule }) {
  const t = useText();
  const scope = useScope();
  const text = JSON.stringify(rule);
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), typingPauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  const preview = useQuery({
    queryKey: ['sampling-preview', scope.account, scope.region, asked],
    queryFn: ({ signal }) => previewSamplingRule(scope, JSON.parse(asked) as SamplingRule, signal),
    placeholderData: (before) => before,
    retry: false,
  });
  const found = preview.data;
  return (
    <section className="hatoba-box" aria-label={t('sampling.preview')} aria-live="polite">
      <div className="hatoba-label">{t('sampling.preview')}</div>
      {preview.error && <ErrorBox error={preview.error} onRetry={() => preview.refetch()} />}
      {!found && !preview.error && <Loading />}
      {found && (
        <>
          <p>
            {t('sampling.preview-counts', {
              matched: formatCount(found.matched),
              requests: formatCount(found.requests),
              share: formatShare(found.matched, found.requests),
              sampled: formatCount(found.sampledAbout),
            })}
          </p>
          {found.takenFrom.length > 0 && (
            <p>
              {t('sampling.preview-now', {
                rules: found.takenFrom.map((one) => `${one.ruleName} ${formatCount(one.count)}`).join(', '),
              })}
            </p>
          )}
          {found.decidedBefore > 0 && (
            <p>{t('sampling.preview-before', { count: formatCount(found.decidedBefore) })}</p>
          )}
          {found.attributes && <AttributesPreview attributes={found.attributes} />}
          <ul className="hatoba-bare-list">
            {found.examples.map((example) => (
              <li key={JSON.stringify(example)} className="hatoba-example">
                <span className="hatoba-nowrap">{formatCount(example.count)} ×</span>
                <span className="hatoba-mono hatoba-wrap">
                  {`${example.method} ${example.host}${example.path}`}
                  <span className="hatoba-soft"> {example.serviceName}</span>
                </span>
                <span className="hatoba-inline-list">
                  {example.traceIds.slice(0, 2).map((traceId) => (
                    <Go key={traceId} to="/traces/$traceId" params={{ traceId }} title={traceId}>
                      {t('kind.trace')}
                    </Go>
                  ))}
                </span>
              </li>
            ))}
          </ul>
          <p className="hatoba-soft hatoba-small">{t('sampling.preview-hint')}</p>
        </>
      )}
    </section>
  );
}

/** What attributes left out, and what a stored trace cannot tell of them. */
function AttributesPreview({ attributes }: { attributes: NonNullable<Preview['attributes']> }) {
  const t = useText();
  const { leftOutBySdk, different, byValue, notAtStart } = attributes;
  return (
    <>
      {different > 0 && <p>{t('sampling.preview-different', { count: formatCount(different) })}</p>}
      {leftOutBySdk > 0 && <p>{t('sampling.preview-sdk', { count: formatCount(leftOutBySdk) })}</p>}
      {notAtStart.length > 0 && <p>{t('sampling.preview-not-at-start', { names: notAtStart.join(', ') })}</p>}
      <p className="hatoba-soft hatoba-small">
        {t('sampling.preview-attributes')}
        {byValue.length > 0 && ` ${t('sampling.preview-by-value', { names: byValue.join(', ') })}`}
      </p>
    </>
  );
}
