/** A column that rows may fill. */
export interface TableColumn {
  readonly name: string;
  /** As the file has it: `LowCardinality(String)`. */
  readonly type: string;
  /** The engine computes it where a row has no value. */
  readonly hasDefault: boolean;
}

const notColumns = /^(INDEX|PROJECTION|CONSTRAINT|PRIMARY\s+KEY)\b/i;
const afterType = /\s+(?:CODEC|DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL|COMMENT|TTL|STATISTICS|NOT\s+NULL|NULL)\b/i;
const computed = /\b(?:MATERIALIZED|ALIAS|EPHEMERAL)\b/i;

/** The columns of a CREATE TABLE that rows may fill: those that the engine always computes are not among them. */
export function readColumns(createSql: string): TableColumn[] {
  const open = createSql.indexOf('(');
  const items = splitAtCommas(createSql, open + 1);
  return items.flatMap((item) => {
    if (notColumns.test(item)) return [];
    const [name, rest] = splitName(item);
    const end = topLevelMatch(rest, afterType);
    const type = (end === -1 ? rest : rest.slice(0, end)).trim();
    const modifiers = end === -1 ? '' : withoutQuoted(rest.slice(end));
    return computed.test(modifiers) ? [] : [{ name, type, hasDefault: /\bDEFAULT\b/i.test(modifiers) }];
  });
}

function splitName(item: string): [name: string, rest: string] {
  const match = /^(?:`([^`]+)`|(\w+))\s+/.exec(item);
  if (!match) throw new Error(`not a column: ${item}`);
  return [match[1] ?? match[2]!, item.slice(match[0].length)];
}

/** The parts between commas that are in no parentheses and no quotes, up to the parenthesis that ends them all. */
function splitAtCommas(sql: string, start: number): string[] {
  const items: string[] = [];
  let itemStart = start;
  for (const { at, depth } of codeOf(sql, start)) {
    const ends = depth < 0;
    if (ends || (depth === 0 && sql[at] === ',')) {
      items.push(sql.slice(itemStart, at).trim());
      itemStart = at + 1;
    }
    if (ends) return items;
  }
  throw new Error('the column list does not end');
}

/** Where `pattern` matches outside parentheses and quotes. */
function topLevelMatch(text: string, pattern: RegExp): number {
  for (const { at, depth } of codeOf(text, 0)) {
    if (depth === 0 && /\s/.test(text[at]!) && text.slice(at).search(pattern) === 0) return at;
  }
  return -1;
}

const withoutQuoted = (text: string): string => text.replace(/'(?:[^'\\]|\\.)*'/gs, "''");

/** Each character outside quotes, with the parentheses that are open after it. */
function* codeOf(text: string, start: number): Generator<{ at: number; depth: number }> {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === "'") quoted = !quoted;
    else if (!quoted) {
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      yield { at, depth };
    }
  }
}
