import Button from '@cloudscape-design/components/button';
import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ApiError } from '../api/request.ts';
import { formatDuration, formatTime } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';
import { usePreferences } from './preferences.tsx';
import { useRootSearch, useTimeRange } from './scope.ts';
import { absoluteRange, isRelative } from './time-range.ts';

/** When what is on screen was read, whether it renews itself, and the ways to renew, pause and share it. */
export function FreshnessMark() {
  const t = useText();
  const { utc } = usePreferences();
  const client = useQueryClient();
  const fetching = useIsFetching() > 0;
  const { text, live, now } = useTimeRange();
  const search = useRootSearch();
  const navigate = useNavigate();
  const [clock, setClock] = useState(Date.now());
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setClock(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);

  const queries = client.getQueryCache().findAll({ type: 'active' });
  const updated = Math.max(0, ...queries.map((query) => query.state.dataUpdatedAt));
  const failed = queries.some(({ state }) => {
    // A question that cannot be asked, such as half a filter, says so itself.
    if (state.error instanceof ApiError && state.error.status === 400) return false;
    return state.status === 'error' || state.fetchFailureCount > 0;
  });
  const age = updated ? Math.max(0, clock - updated) / 1000 : 0;
  const state = failed ? 'failed' : live ? 'live' : 'still';
  const word = failed
    ? t('fresh.failed')
    : live
      ? t('fresh.live')
      : isRelative(text)
        ? t('fresh.paused')
        : t('fresh.fixed');

  const copyLink = async () => {
    const url = new URL(window.location.href);
    url.searchParams.set('range', absoluteRange(now()));
    await navigator.clipboard.writeText(url.toString());
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };

  return (
    <span className="hatoba-fresh">
      <span
        className={`hatoba-fresh-mark hatoba-fresh-${state}${fetching ? ' hatoba-fresh-busy' : ''}`}
        title={updated ? t('fresh.read-at', { time: formatTime(updated, { utc }) }) : ''}
      >
        {word}
        {updated > 0 && age >= 10 ? ` · ${t('fresh.age', { age: formatDuration(Math.round(age)) })}` : ''}
      </span>
      {isRelative(text) && (
        <Button
          variant="icon"
          iconSvg={<PauseIcon paused={search.live === 'off'} />}
          ariaLabel={search.live === 'off' ? t('fresh.resume') : t('fresh.pause')}
          onClick={() =>
            navigate({
              to: '.',
              search: (before: object) => ({ ...before, live: search.live === 'off' ? undefined : 'off' }) as never,
            })
          }
        />
      )}
      <Button
        variant="icon"
        iconName="refresh"
        ariaLabel={t('fresh.refresh')}
        onClick={() => client.refetchQueries({ type: 'active' })}
      />
      <Button
        variant="icon"
        iconName={copied ? 'check' : 'share'}
        ariaLabel={copied ? t('fresh.copied') : t('fresh.copy-link')}
        onClick={copyLink}
      />
    </span>
  );
}

function PauseIcon({ paused }: { paused: boolean }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {paused ? <path d="M4 2.500v11l9-5.500-9-5.500Z" /> : <path d="M5 3v10M11 3v10" />}
    </svg>
  );
}
