import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, withContext } from './diff-lines.ts';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 });

describe('a difference', () => {
  it('leads from one text to the other, and back', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        expect(diff.filter((line) => line.kind !== 'added').map((line) => line.text)).toEqual(before);
        expect(diff.filter((line) => line.kind !== 'removed').map((line) => line.text)).toEqual(after);
      }),
    );
  });

  it('of equal texts has no change', () => {
    fc.assert(fc.property(lines, (text) => diffLines(text, text).every((line) => line.kind === 'same')));
  });

  it('leaves out what is far from a change', () => {
    const before = Array.from({ length: 20 }, (_, index) => String(index));
    const shown = withContext(diffLines(before, [...before.slice(0, 10), 'new', ...before.slice(10)]), 1);
    expect(shown).toEqual([
      null,
      { kind: 'same', text: '9' },
      { kind: 'added', text: 'new' },
      { kind: 'same', text: '10' },
      null,
    ]);
  });
});
