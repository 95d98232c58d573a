import { useEffect } from 'react';

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Calls `run` for a key while nobody types into a field. `Escape` works in fields too. */
export function useKey(key: string, run: (() => void) | undefined): void {
  useEffect(() => {
    if (!run) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (typing(event.target) && key !== 'Escape') return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [key, run]);
}

/** Everything in the page that counts as a row, once: table rows by their first link or button, and what says so itself. */
function rowHandles(): HTMLElement[] {
  const rows = document.querySelectorAll<HTMLElement>('main table tbody tr, [data-row]');
  const handles = Array.from(rows).flatMap((row) => {
    const handle = row.matches('[data-row]') ? row : row.querySelector<HTMLElement>('a[href], button');
    return handle ? [handle] : [];
  });
  return [...new Set(handles)];
}

function moveRow(step: 1 | -1): void {
  const handles = rowHandles();
  const at = handles.indexOf(document.activeElement as HTMLElement);
  const next = handles[at < 0 ? (step > 0 ? 0 : handles.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

interface ShellKeys {
  search: () => void;
  help: () => void;
  go: (letter: string) => void;
  utc: () => void;
}

/** The keys that work on every page. */
export function useShellKeys({ search, help, go, utc }: ShellKeys): void {
  useEffect(() => {
    let awaitingGo = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        search();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      const wasGo = event.timeStamp - awaitingGo < 1500 && awaitingGo > 0;
      awaitingGo = 0;
      if (wasGo) {
        event.preventDefault();
        go(event.key);
        return;
      }
      const actions: Record<string, () => void> = {
        '/': search,
        '?': help,
        u: utc,
        j: () => moveRow(1),
        k: () => moveRow(-1),
        g: () => {
          awaitingGo = event.timeStamp;
        },
      };
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [search, help, go, utc]);
}
