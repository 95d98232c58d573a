import type { LogEvent } from '../../api/logs.ts';

export interface LinePattern {
  /** The line with `<*>` where lines differ. */
  template: string;
  count: number;
  /** The newest line of this kind. */
  example: LogEvent;
  times: number[];
  /** Pieces that every line of this kind has. */
  fixed: string[];
}

/** What differs from line to line: times, ids, addresses, numbers, quoted texts. The names of JSON members do not. */
const variable =
  /("(?:[^"\\]|\\.){1,200}"\s*:)|"(?:[^"\\]|\\.){1,200}"|\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|1-[0-9a-f]{8}-[0-9a-f]{24}|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b|\d+(?:\.\d+)?/gi;
const lengthMax = 1000;
const fixedMax = 3;

export function templateOf(message: string): string {
  return message
    .slice(0, lengthMax)
    .replaceAll(variable, (_, name?: string) => name ?? '<*>')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Lines by what they have in common, most frequent first. */
export function findPatterns(events: readonly LogEvent[]): LinePattern[] {
  const patterns = new Map<string, LinePattern>();
  for (const event of events) {
    const template = templateOf(event.message);
    const known = patterns.get(template);
    if (known) {
      known.count += 1;
      known.times.push(event.timestamp);
      if (event.timestamp > known.example.timestamp) known.example = event;
    } else {
      patterns.set(template, {
        template,
        count: 1,
        example: event,
        times: [event.timestamp],
        fixed: fixedOf(template),
      });
    }
  }
  return [...patterns.values()].sort((a, b) => b.count - a.count || (a.template < b.template ? -1 : 1));
}

/** The longest pieces between what differs: a search for all of them finds such lines. */
function fixedOf(template: string): string[] {
  return template
    .split('<*>')
    .flatMap((piece) => piece.split(/["\\]/))
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= 3)
    .sort((a, b) => b.length - a.length)
    .slice(0, fixedMax);
}
