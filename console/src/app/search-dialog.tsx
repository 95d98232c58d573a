import Input, { type InputProps } from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useText } from '../i18n/text.ts';
import { traceIdOf } from '../pages/trace/trace-id.ts';
import { shorten } from '../parts/shorten.ts';
import { pages } from './navigation.ts';
import { useScope, useTimeRange } from './scope.ts';
import { findTargets, type Target } from './search-targets.ts';

const shown = 12;

/** Jumps to any page, service, task, log group, alarm, canary, or to a trace by its id. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const router = useRouter();
  const scope = useScope();
  const range = useTimeRange();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const input = useRef<InputProps.Ref>(null);
  useEffect(() => {
    // The dialog gives the focus to its own close button first.
    const timer = setTimeout(() => input.current?.focus(), 50);
    return () => clearTimeout(timer);
  }, []);
  const targets = useQuery({
    queryKey: ['search', scope.account, scope.region, range.text],
    queryFn: ({ signal }) => findTargets(scope, range.now(), signal),
    staleTime: 10_000,
  });

  const found = useMemo(() => {
    const own: Target[] = pages.map((page) => ({ kind: 'page', name: t(page.text), to: page.to }));
    const traceId = traceIdOf(text);
    const trace: Target[] = traceId
      ? [{ kind: 'trace', name: traceId, to: '/traces/$traceId', params: { traceId } }]
      : [];
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = [...own, ...(targets.data ?? [])].filter((target) =>
      words.every((word) => `${target.name} ${target.detail ?? ''}`.toLowerCase().includes(word)),
    );
    return [...trace, ...matches].slice(0, shown);
  }, [text, targets.data, t]);

  const open = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    router.navigate({ to: target.to, params: target.params, search: target.search } as never);
  };

  return (
    <Modal visible onDismiss={onClose} header={t('search.title')} closeAriaLabel={t('action.close')}>
      <Input
        ref={input}
        type="search"
        value={text}
        placeholder={t('search.placeholder')}
        ariaLabel={t('search.title')}
        onChange={({ detail }) => {
          setText(detail.value);
          setAt(0);
        }}
        onKeyDown={({ detail, preventDefault }) => {
          if (detail.key === 'ArrowDown' || detail.key === 'ArrowUp') {
            preventDefault();
            const step = detail.key === 'ArrowDown' ? 1 : -1;
            setAt((before) => Math.max(0, Math.min(found.length - 1, before + step)));
          } else if (detail.key === 'Enter') {
            open(found[at]);
          }
        }}
      />
      <ul className="hatoba-found" aria-label={t('search.results')}>
        {found.map((target, index) => (
          <li key={`${target.kind} ${target.name} ${target.detail ?? ''}`}>
            <button type="button" className={index === at ? 'hatoba-found-at' : ''} onClick={() => open(target)}>
              <span className="hatoba-found-kind">{t(`kind.${target.kind}`)}</span>
              <span className="hatoba-found-name">{shorten(target.name)}</span>
              {target.detail && <span className="hatoba-found-detail">{target.detail}</span>}
            </button>
          </li>
        ))}
        {found.length === 0 && <li className="hatoba-soft">{t('search.nothing')}</li>}
      </ul>
    </Modal>
  );
}
