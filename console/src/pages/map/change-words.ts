import { formatDuration, formatShare } from '../../i18n/format.ts';
import type { Translate } from '../../i18n/text.ts';
import { colour } from '../../theme.ts';
import type { Change, Compared } from './compare-maps.ts';

export const changeColour: Record<Change, string> = {
  failing: colour.fault,
  slower: colour.error,
  new: colour.accent,
  lost: colour.textSoft,
  recovered: colour.ok,
  faster: colour.ok,
};

/** `slower: 4.1 ms → 5.02 s`; nothing when nothing changed. */
export function changeWords(t: Translate, compared: Compared | undefined): string {
  const change = compared?.change;
  if (!compared || !change) return '';
  const word = t(`change.${change}`);
  if (change === 'new' || change === 'lost') return word;
  return `${word} ${changeNumbers(compared)}`;
}

/** What a line has room for: `+5.07 s`; shares and what is new or lost in full. */
export function shortChangeWords(t: Translate, compared: Compared | undefined): string {
  const { change, before, after } = compared ?? {};
  if (change !== 'slower' && change !== 'faster') return changeWords(t, compared);
  const seconds = (after?.seconds ?? 0) - (before?.seconds ?? 0);
  return `${seconds < 0 ? '−' : '+'}${formatDuration(Math.abs(seconds))}`;
}

/** The two values that a change is about. */
function changeNumbers({ change, before, after }: Compared): string {
  const isShare = change === 'failing' || change === 'recovered';
  const value = (side: Compared['before']) =>
    side === undefined ? '-' : isShare ? formatShare(side.failed, 1) : formatDuration(side.seconds);
  return `${value(before)} → ${value(after)}`;
}
