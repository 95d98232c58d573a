import type { Stretch } from './critical-path.ts';

export type Move = 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last' | 'open' | 'close' | 'enter';

const moves: Readonly<Record<string, Move>> = {
  ArrowUp: 'up',
  k: 'up',
  ArrowDown: 'down',
  j: 'down',
  PageUp: 'page-up',
  PageDown: 'page-down',
  Home: 'first',
  End: 'last',
  Enter: 'open',
  ' ': 'open',
  ArrowLeft: 'close',
  ArrowRight: 'enter',
};

interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key does in the tree of rows. */
export function moveOf({ key, ctrlKey, metaKey, altKey }: Key): Move | undefined {
  return ctrlKey || metaKey || altKey || !Object.hasOwn(moves, key) ? undefined : moves[key];
}

/** The window on screen after w (nearer), s (farther), a (earlier) or d (later); `whole` itself when that is all there is. */
export function zoomOf(key: string, window: Stretch, whole: Stretch): Stretch | undefined {
  const span = window.to - window.from;
  const middle = (window.from + window.to) / 2;
  const step = { a: -span / 4, d: span / 4 }[key];
  if (step !== undefined) {
    const by = Math.min(Math.max(step, whole.from - window.from), whole.to - window.to);
    return { from: window.from + by, to: window.to + by };
  }
  if (key === 'w') return { from: middle - span / 4, to: middle + span / 4 };
  if (key !== 's') return undefined;
  const wider = { from: Math.max(whole.from, middle - span), to: Math.min(whole.to, middle + span) };
  return wider.to - wider.from >= (whole.to - whole.from) * (1 - 1e-9) ? whole : wider;
}
