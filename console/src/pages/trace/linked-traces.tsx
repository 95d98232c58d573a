import { useMemo } from 'react';
import type { LinkedTrace } from '../../api/trace-context.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { useTraceLinks } from './use-trace.ts';

interface Linked extends LinkedTrace {
  side: 'before' | 'after';
}

/** Each trace that this one continues or that continues it, once for each of this one's rows that say so. */
export function useLinkedTraces(built: BuiltTrace): readonly Linked[] {
  const links = useTraceLinks(built).data;
  return useMemo(
    () => [
      ...(links?.before ?? []).map((link): Linked => ({ ...link, side: 'before' })),
      ...(links?.after ?? []).map((link): Linked => ({ ...link, side: 'after' })),
    ],
    [links],
  );
}

/** Links of one row, or of the whole trace. */
export function LinkedTraces({ built, links }: { built: BuiltTrace; links: readonly Linked[] }) {
  const t = useText();
  const once = [...new Map(links.map((link) => [`${link.side} ${link.traceId}`, link])).values()];
  return once.map(({ side, traceId, name, startTime }) => {
    const distance = startTime === undefined ? undefined : (startTime - built.start) * (side === 'before' ? -1 : 1);
    const who = name || traceId;
    const time = formatDuration(Math.abs(distance ?? 0));
    const words = side === 'before' ? t('links.before', { name: who }) : t('links.after', { name: who });
    const when =
      distance === undefined
        ? ''
        : distance < 0 === (side === 'before')
          ? t('links.later', { time })
          : t('links.earlier', { time });
    return (
      <Go key={`${side} ${traceId}`} to="/traces/$traceId" params={{ traceId }} title={traceId}>
        {[words, when].filter(Boolean).join(' · ')}
      </Go>
    );
  });
}
