import type { JsonObject } from '../model.ts';

const framesMax = 200;
const linesMax = 2000;
const lineMax = 2000;

interface Pattern {
  readonly expression: RegExp;
  toFrame(match: RegExpExecArray): JsonObject;
}

const frame = (label: string, path: string, line: string | undefined): JsonObject => ({
  path,
  line: line === undefined ? null : Number(line),
  label,
});

const javascript: Pattern = {
  expression: /^\s*at (?:(.*?) \()?(.*?)(?::(\d+))?(?::\d+)?\)?$/,
  toFrame: (match) => frame(match[1] ?? 'anonymous', match[2]!, match[3]),
};
const java: Pattern = {
  expression: /^\s*at ([^(]+)\(([^:)]*)(?::(\d+))?\)/,
  toFrame: (match) => frame(match[1]!, match[2]!, match[3]),
};
const python: Pattern = {
  expression: /^\s*File "([^"]*)", line (\d+)(?:, in (.*))?/,
  toFrame: (match) => frame(match[3] ?? '', match[1]!, match[2]),
};
const dotnet: Pattern = {
  expression: /^\s*at (.+?)(?: in (.*?):line (\d+))?\s*$/,
  toFrame: (match) => frame(match[1]!, match[2] ?? '', match[3]),
};
const php: Pattern = {
  expression: /^#\d+ (.*?)\((\d+)\): (.*)$/,
  toFrame: (match) => frame(match[3]!, match[1]!, match[2]),
};
const go: Pattern = {
  expression: /^\s+(\S+\.go):(\d+)/,
  toFrame: (match) => frame('', match[1]!, match[2]),
};

const patterns = new Map<string, Pattern>([
  ['nodejs', javascript],
  ['webjs', javascript],
  ['javascript', javascript],
  ['java', java],
  ['python', python],
  ['dotnet', dotnet],
  ['php', php],
  ['go', go],
]);

export interface ParsedException {
  readonly type: string;
  readonly message: string;
  readonly stack: JsonObject[];
}

/** An `exception.stacktrace` as X-Ray's frames; what caused it follows ("Caused by" of Java). Unknown languages keep no frames. */
export function parseStack(stacktrace: string, language: string): { stack: JsonObject[]; causes: ParsedException[] } {
  const pattern = patterns.get(language) ?? javascript;
  const sections: { header: string; stack: JsonObject[] }[] = [{ header: '', stack: [] }];
  for (const line of stacktrace.slice(0, linesMax * 200).split(/\r?\n/, linesMax)) {
    const causedBy = /^\s*(?:Caused by: |\[cause\]: )(.*)$/.exec(line);
    if (causedBy) {
      sections.push({ header: causedBy[1]!, stack: [] });
      continue;
    }
    const { stack } = sections.at(-1)!;
    // Beyond the bounds nothing is even looked at: an expression may take a millisecond on a line made for it.
    if (line.length > lineMax || stack.length >= framesMax) continue;
    const match = pattern.expression.exec(line);
    if (match) stack.push(pattern.toFrame(match));
  }
  // Python prints the innermost call last; X-Ray wants it first.
  if (language === 'python') for (const section of sections) section.stack.reverse();
  const [own, ...causes] = sections;
  return { stack: own!.stack, causes: causes.slice(0, 10).map(toException) };
}

function toException(section: { header: string; stack: JsonObject[] }): ParsedException {
  const colon = section.header.indexOf(': ');
  return {
    type: colon < 0 ? section.header : section.header.slice(0, colon),
    message: colon < 0 ? '' : section.header.slice(colon + 2),
    stack: section.stack,
  };
}
