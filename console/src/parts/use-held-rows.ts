import { type FocusEvent, type PointerEvent, useRef, useState } from 'react';
import { holdRows } from './hold-rows.ts';

/** What somebody did changes what is shown, also below the pointer: for so long nothing is held. */
const followMs = 3000;
let actedAtMs = Number.NEGATIVE_INFINITY;

/** Notes when somebody clicks, or types into a field; returns what ends that. Opening a row's details asks for no rows. */
export function watchActions(): () => void {
  const onClick = (event: Event) => {
    if (event.target instanceof Element && event.target.closest('[data-row]')) return;
    actedAtMs = performance.now();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.target instanceof HTMLInputElement) actedAtMs = performance.now();
  };
  document.addEventListener('click', onClick, true);
  document.addEventListener('keydown', onKey, true);
  return () => {
    document.removeEventListener('click', onClick, true);
    document.removeEventListener('keydown', onKey, true);
  };
}

const inRows = (target: EventTarget) => target instanceof Element && target.closest('tbody, .hatoba-facet') !== null;

/**
 * Rows that do not move away under a pointer: while it is on one of them, or the keyboard's focus is, a refresh renews
 * their values and nothing else. `frame` goes on the element around the table.
 */
export function useHeldRows<Item>(rows: readonly Item[], all: readonly Item[], keyOf: (item: Item) => string) {
  const [pointing, setPointing] = useState(false);
  const [focused, setFocused] = useState(false);
  const held = useRef(rows);
  const holding = (pointing || focused) && performance.now() - actedAtMs > followMs;
  const shown = holding ? holdRows(held.current, rows, all, keyOf) : { rows, waiting: 0 };
  held.current = shown.rows;
  const frame = {
    onPointerOver: (event: PointerEvent) => setPointing(event.pointerType === 'mouse' && inRows(event.target)),
    onPointerLeave: () => setPointing(false),
    onFocus: (event: FocusEvent) => setFocused(inRows(event.target) && event.target.matches(':focus-visible')),
    onBlur: () => setFocused(false),
  };
  return { ...shown, frame };
}
