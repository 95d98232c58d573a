import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colour only on a terminal that wants it (NO_COLOR, FORCE_COLOR and dumb terminals are honoured). */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const wanted =
    process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0'
      ? true
      : stream.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
  return wanted ? styleText(style, text, { validateStream: false } as never) : text;
}

/** Text of others on a terminal: control characters (escape sequences, bidi overrides) are shown, never sent. */
export function safeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Three significant digits with a unit: 812 µs, 12.3 ms, 5.02 s, 2 min 5 s. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Share as a percentage; `-` where there is nothing to take a share of. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Number(((100 * part) / whole).toPrecision(3))} %`;
}
