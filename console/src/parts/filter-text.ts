/** A text as the filter language quotes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Puts one more condition to a filter; the one that is there already is not added twice. */
export function addToFilter(filter: string, condition: string): string {
  const before = filter.trim();
  if (before === '') return condition;
  const { conditions, hasAlternatives } = conditionsOf(before);
  if (!hasAlternatives && conditions.includes(condition)) return before;
  return `${hasAlternatives ? `(${before})` : before} AND ${condition}`;
}

/** A quoted text, a bracket, a word or anything else. */
const filterPiece = /"(?:[^"\\]|\\.)*"?|[([{]|[)\]}]|[\w.]+|[\s\S]/g;

/** What is joined by AND or OR, outside of all brackets and quotes. */
function conditionsOf(filter: string): { conditions: string[]; hasAlternatives: boolean } {
  const conditions = [''];
  let hasAlternatives = false;
  let depth = 0;
  for (const [piece] of filter.matchAll(filterPiece)) {
    if (/^[([{]$/.test(piece)) depth += 1;
    if (/^[)\]}]$/.test(piece)) depth -= 1;
    if (depth === 0 && /^(?:AND|OR)$/i.test(piece)) {
      hasAlternatives ||= piece.toUpperCase() === 'OR';
      conditions.push('');
    } else conditions.push(conditions.pop() + piece);
  }
  return { conditions: conditions.map((one) => one.trim()), hasAlternatives };
}

/** Traces that pass through a node; with a condition on the node itself. The type tells nodes of one name apart. */
export function serviceCondition(node: { name: string; type: string }, inside = ''): string {
  const which = node.type ? `id(name: ${quoted(node.name)}, type: ${quoted(node.type)})` : quoted(node.name);
  return `service(${which})${inside ? ` { ${inside} }` : ''}`;
}

export function edgeCondition(source: string, target: string, inside = ''): string {
  return `edge(${quoted(source)}, ${quoted(target)})${inside ? ` { ${inside} }` : ''}`;
}

/** A response time between two values, in seconds with milliseconds. */
export function between(from: number, to: number): string {
  const text = (value: number) => String(Number(value.toFixed(3)));
  return `responsetime >= ${text(from)} AND responsetime <= ${text(to)}`;
}
