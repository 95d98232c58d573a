const monthDays = '(?:0[1-9]|[12][0-9]|3[01])';
const sixty = '(?:[0-5][0-9])';

/** What awslogs makes of strftime's letters. */
const expressions: Record<string, string> = {
  A: '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)',
  a: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)',
  B: '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
  b: '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  d: monthDays,
  f: '\\d{6}',
  H: '(?:[01][0-9]|2[0-3])',
  I: '(?:0[0-9]|1[0-2])',
  j: '(?:0[0-9][1-9]|[12][0-9][0-9]|3[0-5][0-9]|36[0-6]|0[1-9]0)',
  L: '\\d{3}',
  m: '(?:0[1-9]|1[0-2])',
  M: sixty,
  p: '[A-Z]{2}',
  S: sixty,
  w: '[0-6]',
  y: '\\d{2}',
  Y: '\\d{4}',
  Z: '[A-Z]{1,4}T',
  z: '[+-]\\d{4}',
};

/** A regular expression that finds a date of the strftime format, for `awslogs-datetime-format`. */
export function datetimePattern(format: string): string {
  return format.replace(/%(.)|[\\^$.*+?()[\]{}|]/g, (whole, letter: string | undefined) => {
    if (letter === undefined) return `\\${whole}`;
    if (letter === '%') return '%';
    return Object.hasOwn(expressions, letter) ? expressions[letter]! : `%${letter}`;
  });
}
