import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useText } from '../../i18n/text.ts';
import { FoundLines } from './found-lines.tsx';
import { LiveTail } from './live-tail.tsx';
import { StreamTable } from './stream-table.tsx';

const modes = ['on', 'streams', 'patterns'] as const;

/** One log group or stream: search in the range, follow it live, or choose a stream. */
export function GroupView({ group, stream }: { group: string; stream: string | undefined }) {
  const t = useText();
  const search = useSearch({ from: '/logs' });
  const navigate = useNavigate({ from: '/logs' });
  const [text, setText] = useState(search.pattern ?? '');
  useEffect(() => setText(search.pattern ?? ''), [search.pattern]);
  const mode = modes.find((one) => one === search.tail) ?? 'search';
  const run = () => navigate({ search: (before) => ({ ...before, pattern: text.trim() || undefined }) });
  return (
    <SpaceBetween size="s">
      <div className="hatoba-filter-line">
        <Input
          type="search"
          value={text}
          placeholder={t('logs.pattern')}
          ariaLabel={t('logs.pattern')}
          onChange={({ detail }) => setText(detail.value)}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter') run();
          }}
        />
        <Button variant="primary" onClick={run}>
          {t('logs.search')}
        </Button>
        <SegmentedControl
          selectedId={mode}
          label={t('logs.mode')}
          options={[
            { id: 'search', text: t('logs.events') },
            { id: 'patterns', text: t('logs.patterns') },
            { id: 'on', text: t('logs.live-tail') },
            ...(stream ? [] : [{ id: 'streams', text: t('logs.streams') }]),
          ]}
          onChange={({ detail }) =>
            navigate({
              search: (before) => ({ ...before, tail: detail.selectedId === 'search' ? undefined : detail.selectedId }),
              replace: true,
            })
          }
        />
      </div>
      {mode === 'on' ? (
        <LiveTail group={group} stream={stream} pattern={search.pattern} />
      ) : mode === 'streams' ? (
        <StreamTable group={group} />
      ) : (
        <FoundLines
          group={group}
          stream={stream}
          pattern={search.pattern}
          view={mode === 'patterns' ? 'patterns' : 'lines'}
          onPattern={(pattern) => navigate({ search: (before) => ({ ...before, pattern: pattern || undefined }) })}
        />
      )}
    </SpaceBetween>
  );
}
