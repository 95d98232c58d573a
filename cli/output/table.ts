import { stripVTControlCharacters } from 'node:util';
import { cellWidth } from './fit.ts';
import { paint } from './style.ts';

/** Columns as wide as their widest cell, separated by two spaces; numbers to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = headings.map((heading, i) =>
    Math.max(textWidth(heading), ...cells.map((row) => textWidth(row[i] ?? ''))),
  );
  const isNumber = headings.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat(Math.max(0, widths[i]! - textWidth(cell)));
        return isNumber[i] ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [paint('bold', line(headings)), ...cells.map(line)].join('\n');
}

const textWidth = (text: string): number => cellWidth(stripVTControlCharacters(text));
