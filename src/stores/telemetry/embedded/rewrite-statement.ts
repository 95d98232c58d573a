/** A statement the facade refuses, with ClickHouse's own error code. */
export class StatementError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}`);
    this.code = code;
  }
}

export interface InsertStatement {
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: 'JSONEachRow' | 'JSONCompactEachRow' | 'RowBinary';
}

const syntaxError = 62;
const unknownFormat = 73;
const missingParameter = 456;
const badParameter = 457;

/**
 * One statement with every `{name:Type}` replaced by an escaped literal. Values are in the text form of the HTTP
 * interface. The engine's own binding is not used: in this process it lets concurrent queries overwrite each other's
 * values, so it would have to be serialised. Placeholders inside quotes and comments are text and stay; a second
 * statement is refused.
 */
export function inlineParameters(sql: string, parameters: Readonly<Record<string, string>>): string {
  let output = '';
  let position = 0;
  let ended = false;
  while (position < sql.length) {
    const token = nextToken(sql, position);
    position += token.text.length;
    if (ended && token.kind !== 'comment' && token.text.trim() !== '') {
      throw new StatementError(syntaxError, 'Multi-statements are not allowed');
    }
    if (token.kind === 'end') ended = true;
    else if (token.kind === 'placeholder') output += parameterLiteral(token.name, token.type, parameters);
    else output += token.kind === 'comment' ? ' ' : token.text;
  }
  return output.trim();
}

type Token =
  | { readonly kind: 'code' | 'quoted' | 'comment' | 'end'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly text: string; readonly name: string; readonly type: string };

const placeholder = /\{\s*([A-Za-z_]\w*)\s*:\s*([^{}]+?)\s*\}/y;
const plainCode = /[^'"`;{#$/-]+/y;

function nextToken(sql: string, position: number): Token {
  const rest = sql.slice(position, position + 2);
  const first = rest[0]!;
  if (first === "'" || first === '"' || first === '`') return { kind: 'quoted', text: quotedText(sql, position) };
  if (first === ';') return { kind: 'end', text: ';' };
  if (rest === '--' || first === '#') {
    const end = sql.indexOf('\n', position);
    return { kind: 'comment', text: sql.slice(position, end === -1 ? sql.length : end) };
  }
  if (rest === '/*') {
    const end = sql.indexOf('*/', position + 2);
    if (end === -1) throw new StatementError(syntaxError, 'Syntax error: unterminated comment');
    return { kind: 'comment', text: sql.slice(position, end + 2) };
  }
  if (first === '$') throw new StatementError(syntaxError, 'Syntax error: heredocs are not allowed');
  if (first === '{') {
    placeholder.lastIndex = position;
    const match = placeholder.exec(sql);
    if (match) return { kind: 'placeholder', text: match[0], name: match[1]!, type: match[2]! };
  }
  plainCode.lastIndex = position;
  const code = plainCode.exec(sql)?.[0] ?? first;
  return { kind: 'code', text: code };
}

function quotedText(sql: string, start: number): string {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql[at] === '\\') at += 1;
    else if (sql[at] === quote) return sql.slice(start, at + 1);
  }
  throw new StatementError(syntaxError, 'Syntax error: unterminated quote');
}

function parameterLiteral(name: string, type: string, parameters: Readonly<Record<string, string>>): string {
  const text = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (text === undefined) throw new StatementError(missingParameter, `Query parameter \`${name}\` was not set`);
  const inner = type.replace(/^(?:(?:Nullable|LowCardinality)\()+/, '');
  if (inner.startsWith('Identifier')) return quoteIdentifier(unescapeTsv(text));
  if (text === '\\N') return `_CAST(NULL, ${quoteString(type)})`;
  if (type === 'String') return quoteString(unescapeTsv(text));
  // Composite values arrive as the text of a literal whose strings are quoted: not escaped a second time.
  const composite = /^(Array|Map|Tuple)\b/.test(inner);
  const value = composite ? text : unescapeTsv(text);
  if (value.includes('\0')) throw new StatementError(badParameter, `Value of parameter ${name} has a zero byte`);
  return `_CAST(${quoteString(value)}, ${quoteString(type)})`;
}

export const quoteString = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export const quoteIdentifier = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;

const tsvEscapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' };

const unescapeTsv = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/gs, (_, escaped: string) => tsvEscapes[escaped] ?? escaped) : text;

/** Whether settings may stand at the statement's end, so that they hold for this query alone. */
export const takesSettings = (sql: string): boolean =>
  /^[(\s]*(SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|EXISTS)\b/i.test(sql);

const insertStatement =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?(`?\w+`?(?:\.`?\w+`?)?)\s*(?:\(([^()]*)\))?\s*FORMAT\s+(\w+)\s*;?\s*$/i;

/** The parts of `INSERT INTO table (columns) FORMAT JSONEachRow`; undefined when it is another statement. */
export function parseInsert(sql: string): InsertStatement | undefined {
  const match = insertStatement.exec(sql);
  if (!match) return undefined;
  const format = match[3]!;
  // Data in the statement are cut at the first two newline bytes: only line formats that we can check go there.
  if (format !== 'JSONEachRow' && format !== 'JSONCompactEachRow' && format !== 'RowBinary') {
    throw new StatementError(unknownFormat, `Format ${format} cannot be inserted; use JSONEachRow or RowBinary`);
  }
  const plain = (name: string) => name.replaceAll('`', '').trim();
  const columns = match[2] ? match[2].split(',').map(plain) : [];
  if (columns.some((name) => !/^\w+$/.test(name))) throw new StatementError(syntaxError, 'Syntax error: column list');
  if (format === 'RowBinary' && columns.length === 0) {
    throw new StatementError(syntaxError, 'Binary rows need the names of their columns');
  }
  return { table: plain(match[1]!), columns, format };
}

const newline = 0x0a;
const openBrace = 0x7b;
const openBracket = 0x5b;

/**
 * Refuses anything but lines that start as a JSON object or array. The engine ends the data at a blank line and runs
 * what follows as SQL, so no such line may ever reach it.
 */
export function checkInsertBody(body: Buffer): void {
  let lineStart = 0;
  while (lineStart < body.length) {
    const first = body[lineStart];
    if (first !== openBrace && first !== openBracket) {
      throw new StatementError(27, 'A line of an INSERT body must be a JSON object or array (CANNOT_PARSE_INPUT)');
    }
    const end = body.indexOf(newline, lineStart);
    if (end === -1) return;
    lineStart = end + 1;
  }
}
