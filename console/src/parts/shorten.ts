/** A name of others may be any length: on screen it is cut, the whole of it belongs into a title. */
export function shorten(text: string, charactersMax = 80): string {
  const characters = [...text.slice(0, charactersMax * 2 + 2)];
  if (characters.length <= charactersMax) return text;
  return `${characters.slice(0, charactersMax - 1).join('')}…`;
}
