import { describe, expect, it } from 'vitest';
import { isSelected, readSelection, writeSelection } from './selection.ts';

describe('a selection of the scatter', () => {
  it('survives the way through a link', () => {
    const selection = { fromMs: 1_795_315_226_000, toMs: 1_795_315_300_000, fromSeconds: 4.5, toSeconds: 6.25 };
    expect(readSelection(writeSelection(selection))).toEqual(selection);
  });

  it('is none when the link was tampered with', () => {
    for (const text of [undefined, '', '1~2', '1~2~x~4', '2~1~0~1', '1~2~3~4~5', '1~2~NaN~4'])
      expect(readSelection(text)).toBeUndefined();
  });

  it('holds what began in its time and took its time', () => {
    const selection = { fromMs: 1000, toMs: 2000, fromSeconds: 1, toSeconds: 2 };
    expect(isSelected({ Id: '1', StartTime: 1.5, ResponseTime: 1 }, selection)).toBe(true);
    expect(isSelected({ Id: '1', StartTime: 2.5, ResponseTime: 1 }, selection)).toBe(false);
    expect(isSelected({ Id: '1', StartTime: 1.5, ResponseTime: 0.9 }, selection)).toBe(false);
  });
});
