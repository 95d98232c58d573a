const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const combining = /\p{Mark}|\u200b|\u200d/u;

const cellsOf = (character: string): number => (combining.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** Cells that a text takes on a terminal: two for characters of Chinese, Japanese and Korean. Without escape sequences. */
export function cellWidth(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** A text cut to so many cells, with `…` where something is missing. */
export function cut(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const next = cellsOf(character);
    if (used + next > cells - 1) break;
    kept += character;
    used += next;
  }
  return cells > 0 ? `${kept}…` : '';
}

/** Cut or filled to exactly so many cells. */
export function fit(text: string, cells: number, side: 'left' | 'right' = 'left'): string {
  const shown = cut(text, cells);
  const padding = ' '.repeat(Math.max(0, cells - cellWidth(shown)));
  return side === 'left' ? shown + padding : padding + shown;
}

/** Lines of at most so many cells, each after `indent`. A line that fits stays as it is; others are broken between words. */
export function wrap(text: string, cells: number, indent: string): string[] {
  const room = Math.max(10, cells - cellWidth(indent));
  return text.split('\n').flatMap((line) => breakLine(line, room).map((one) => indent + one));
}

function breakLine(text: string, room: number): string[] {
  if (cellWidth(text) <= room) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && cellWidth(line) + 1 + cellWidth(word) <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    // A word that is longer than a line is broken, not cut.
    while (cellWidth(line) > room) {
      const head = cut(line, room + 1).slice(0, -1);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return line === '' ? lines : [...lines, line];
}
