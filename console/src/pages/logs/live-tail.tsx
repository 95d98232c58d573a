import Button from '@cloudscape-design/components/button';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { listen } from '../../api/hatoba.ts';
import { useScope } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { LineText } from '../../parts/log-lines.tsx';
import { When } from '../../parts/when.tsx';
import { readTailMessage, type TailLine } from './tail-message.ts';

interface LiveTailProps {
  group: string;
  stream: string | undefined;
  pattern: string | undefined;
}

const keptLines = 5000;

/** Lines as they are stored. Pausing stops the scrolling, not the receiving; what was missed follows on resume. */
export function LiveTail({ group, stream, pattern }: LiveTailProps) {
  const t = useText();
  const { account, region } = useScope();
  const [open, setOpen] = useState(false);
  const [paused, setPaused] = useState(false);
  const [lines, setLines] = useState<TailLine[]>([]);
  const [waiting, setWaiting] = useState(0);
  const [dropped, setDropped] = useState(0);
  const held = useRef<TailLine[]>([]);
  const isPaused = useRef(paused);
  isPaused.current = paused;

  useEffect(() => {
    setLines([]);
    held.current = [];
    let count = 0;
    const query = { group, account, region, ...(stream ? { stream } : {}), ...(pattern ? { pattern } : {}) };
    const close = listen('/_hatoba/logs/tail', query, {
      state: setOpen,
      events: {
        events: (data) => {
          for (const line of readTailMessage(data)) {
            count += 1;
            held.current.push({ ...line, key: String(count) });
          }
          if (held.current.length > keptLines) held.current.splice(0, held.current.length - keptLines);
        },
        dropped: (data) => setDropped((before) => before + Number((data as { count?: number }).count ?? 0)),
      },
    });
    // Lines come in bursts; the screen follows four times a second.
    const timer = setInterval(() => {
      if (held.current.length === 0) return;
      setWaiting(isPaused.current ? held.current.length : 0);
      if (isPaused.current) return;
      const fresh = held.current;
      held.current = [];
      setLines((before) => [...before, ...fresh].slice(-keptLines));
    }, 250);
    return () => {
      clearInterval(timer);
      close();
    };
  }, [group, stream, pattern, account, region]);

  return (
    <div>
      <p className="hatoba-inline-list">
        <StatusIndicator wrapText={false} type={paused ? 'stopped' : open ? 'success' : 'loading'}>
          {paused ? t('logs.tail-paused', { count: waiting }) : open ? t('logs.tail-open') : t('logs.tail-connecting')}
        </StatusIndicator>
        <Button onClick={() => setPaused(!paused)}>{paused ? t('fresh.resume') : t('logs.tail-pause')}</Button>
        <Button onClick={() => setLines([])}>{t('action.clear')}</Button>
        {dropped > 0 && (
          <StatusIndicator wrapText={false} type="warning">
            {t('logs.tail-dropped', { count: dropped })}
          </StatusIndicator>
        )}
      </p>
      <TailLines lines={lines} follow={!paused} onScrollBack={() => setPaused(true)} />
    </div>
  );
}

interface TailLinesProps {
  lines: readonly TailLine[];
  follow: boolean;
  onScrollBack: () => void;
}

function TailLines({ lines, follow, onScrollBack }: TailLinesProps) {
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 20,
  });
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, virtual]);
  return (
    <div
      ref={scroller}
      className="hatoba-tail hatoba-box"
      role="log"
      aria-label={t('logs.live-tail')}
      onWheel={(event) => event.deltaY < 0 && follow && onScrollBack()}
    >
      {lines.length === 0 && <p className="hatoba-soft">{t('logs.tail-waiting')}</p>}
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line ? (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="hatoba-tail-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <When at={line.timestampMs} milliseconds />
              <span className="hatoba-soft" title={line.stream}>
                {line.stream.split('/').slice(-2, -1)[0] ?? ''}
              </span>
              <span className="hatoba-line-text">
                <LineText message={line.message} />
              </span>
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}
