import type { JsonObject } from '../model.ts';

const framesMax = 200;

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

const patterns: Readonly<Record<string, Pattern>> = {
  nodejs: javascript,
  webjs: javascript,
  javascript,
  java,
  python,
  dotnet,
  php,
  go,
};

export interface ParsedException {
  readonly type: string;
  readonly message: string;
  readonly stack: JsonObject[];
}

/** An `exception.stacktrace` as X-Ray's frames; what caused it follows ("Caused by" of Java). Unknown languages keep no frames. */
export function parseStack(stacktrace: string, language: string): { stack: JsonObject[]; causes: ParsedException[] } {
  const pattern = patterns[language] ?? javascript;
  const sections: { header: string; stack: JsonObject[] }[] = [{ header: '', stack: [] }];
  for (const line of stacktrace.split('\n')) {
    const causedBy = /^\s*(?:Caused by: |\[cause\]: )(.*)$/.exec(line);
    if (causedBy) {
      sections.push({ header: causedBy[1]!, stack: [] });
      continue;
    }
    const match = line.length > 2000 ? null : pattern.expression.exec(line);
    const { stack } = sections.at(-1)!;
    if (match && stack.length < framesMax) stack.push(pattern.toFrame(match));
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
