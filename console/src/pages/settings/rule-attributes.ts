const pairsMax = 5;
const lengthMax = 32;

/** Attributes of a rule as lines of `name=pattern`. */
export const toLines = (attributes: Readonly<Record<string, string>> = {}): string =>
  Object.entries(attributes)
    .map(([name, pattern]) => `${name}=${pattern}`)
    .join('\n');

/** What the lines say; undefined where that is nothing a rule can have: at most five, names and patterns of 1 to 32. */
export function fromLines(text: string): Record<string, string> | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line): [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? ['', ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  const fits = (part: string) => part.length >= 1 && part.length <= lengthMax;
  const names = new Set(pairs.map(([name]) => name));
  if (pairs.length > pairsMax || names.size < pairs.length) return undefined;
  return pairs.every(([name, pattern]) => fits(name) && fits(pattern)) ? Object.fromEntries(pairs) : undefined;
}
