/** A text as the filter language quotes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Puts one more condition to a filter; the one that is there already is not added twice. */
export function addToFilter(filter: string, condition: string): string {
  const before = filter.trim();
  if (before === '') return condition;
  if (before.includes(condition)) return before;
  const needsBrackets = /\bOR\b/i.test(before) && !/^\(.*\)$/.test(before);
  return `${needsBrackets ? `(${before})` : before} AND ${condition}`;
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
