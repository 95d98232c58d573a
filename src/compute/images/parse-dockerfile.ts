/**
 * What a Dockerfile says about how its image runs. RUN and FROM are not acted on, and neither are EXPOSE and HEALTHCHECK:
 * ECS goes by the ports and the health check of the container definition alone.
 */
export interface DockerfileFacts {
  /** Absolute; undefined where no WORKDIR is given. */
  readonly workingDirectory?: string;
  /** Where the build context was copied to (`COPY . /app`); undefined where that is not said. */
  readonly copyRoot?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly user?: string;
  readonly stopSignal?: string;
}

/** Stands in an image's PATH for the PATH that it extends. */
export const HOST_PATH = '$PATH';

type Draft = { -readonly [Key in keyof DockerfileFacts]: DockerfileFacts[Key] };

/** Facts of the last stage; a stage that starts from an earlier one inherits its facts. Lines that make no sense are passed over. */
export function parseDockerfile(text: string): DockerfileFacts {
  const stages = new Map<string, Draft>();
  const buildArguments: Record<string, string> = {};
  let stage = emptyStage();
  for (const { instruction, rest } of readInstructions(text)) {
    if (instruction === 'FROM') {
      const [image = '', , name] = rest.replace(/--\S+\s+/g, '').split(/\s+/);
      stage = { ...(stages.get(image.toLowerCase()) ?? emptyStage()) };
      if (name) stages.set(name.toLowerCase(), stage);
    } else if (instruction === 'ARG') {
      const [name = '', value] = splitOnce(rest, '=');
      if (value !== undefined) buildArguments[name] = unquote(expand(value, stage.environment));
    } else {
      applyInstruction(stage, instruction, rest, { PATH: HOST_PATH, ...buildArguments, ...stage.environment });
    }
  }
  return stage;
}

function emptyStage(): Draft {
  return { environment: {}, entryPoint: [], command: [] };
}

function applyInstruction(stage: Draft, instruction: string, rest: string, variables: Record<string, string>): void {
  switch (instruction) {
    case 'WORKDIR':
      stage.workingDirectory = resolvePosix(stage.workingDirectory ?? '/', unquote(expand(rest, variables)));
      break;
    case 'ENV':
      stage.environment = { ...stage.environment, ...parseEnvironment(rest, variables) };
      break;
    case 'COPY':
    case 'ADD': {
      const target = wholeContextTarget(expand(rest, variables));
      if (target !== undefined) stage.copyRoot = resolvePosix(stage.workingDirectory ?? '/', target);
      break;
    }
    case 'ENTRYPOINT':
      stage.entryPoint = parseCommand(rest);
      // As in Docker: a new ENTRYPOINT forgets the CMD that came with the base.
      stage.command = [];
      break;
    case 'CMD':
      stage.command = parseCommand(rest);
      break;
    case 'USER':
      stage.user = expand(rest, variables).trim();
      break;
    case 'STOPSIGNAL':
      stage.stopSignal = expand(rest, variables).trim();
      break;
  }
}

/** Instructions with continuation lines joined, comments and here-documents left out. */
function* readInstructions(text: string): Generator<{ instruction: string; rest: string }> {
  const continuation = /^\s*#\s*escape\s*=\s*`/m.test(text.split('\n', 3).join('\n')) ? '`' : '\\';
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    let line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    while (line.endsWith(continuation) && index + 1 < lines.length) {
      index += 1;
      const next = lines[index]?.trim() ?? '';
      if (next.startsWith('#')) continue;
      line = `${line.slice(0, -1)} ${next}`;
    }
    const [, instruction = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
    const hereDocument = /<<-?\s*["']?([A-Za-z_]\w*)["']?/.exec(rest)?.[1];
    if (hereDocument && /^(RUN|COPY|ADD)$/i.test(instruction)) {
      while (index + 1 < lines.length && lines[index + 1]?.trim() !== hereDocument) index += 1;
      index += 1;
      continue;
    }
    yield { instruction: instruction.toUpperCase(), rest: rest.trim() };
  }
}

/** The exec form is a JSON array of strings; anything else is for a shell. */
function parseCommand(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
    } catch {
      // Docker, too, hands a broken array to the shell.
    }
  }
  return text === '' ? [] : ['/bin/sh', '-c', text];
}

function parseEnvironment(text: string, variables: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {};
  const pairs = [...text.matchAll(/([A-Za-z_][\w.-]*)=("(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s\\])*)/g)];
  if (/^[A-Za-z_][\w.-]*=/.test(text) && pairs.length > 0) {
    for (const [, name = '', value = ''] of pairs) {
      result[name] = value.startsWith("'") ? value.slice(1, -1) : unquote(expand(value, variables));
    }
    return result;
  }
  const [name = '', value] = splitOnce(text, /\s+/);
  if (name !== '' && value !== undefined) result[name] = expand(value, variables);
  return result;
}

/** The destination of a COPY whose only source is the whole build context. */
function wholeContextTarget(rest: string): string | undefined {
  if (/--from=/.test(rest)) return undefined;
  const parts = parseCopyParts(rest.replace(/--\S+\s+/g, ''));
  return parts.length === 2 && (parts[0] === '.' || parts[0] === './') ? parts[1] : undefined;
}

function parseCopyParts(text: string): string[] {
  const list = parseCommand(text);
  return text.startsWith('[') && list[0] !== '/bin/sh' ? list : text.split(/\s+/).map(unquote);
}

function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\\\$|\$\{(\w+)(?::?([-+])([^}]*))?\}|\$(\w+)/g,
    (whole, braced: string | undefined, operator: string | undefined, word: string | undefined, plain: string) => {
      if (whole === '\\$') return '$';
      const value = variables[braced ?? plain];
      if (operator === '+') return value ? (word ?? '') : '';
      return value || (operator === '-' ? (word ?? '') : '');
    },
  );
}

function unquote(text: string): string {
  const quoted = /^"((?:\\.|[^"\\])*)"$/.exec(text) ?? /^'([^']*)'$/.exec(text);
  return (quoted ? (quoted[1] ?? '') : text).replace(/\\(.)/g, '$1');
}

function splitOnce(text: string, separator: string | RegExp): [string, string | undefined] {
  const found = typeof separator === 'string' ? { index: text.indexOf(separator), size: 1 } : sizeOf(separator, text);
  return found.index < 0 ? [text, undefined] : [text.slice(0, found.index), text.slice(found.index + found.size)];
}

function sizeOf(separator: RegExp, text: string): { index: number; size: number } {
  const match = separator.exec(text);
  return match ? { index: match.index, size: match[0].length } : { index: -1, size: 0 };
}

/** Container paths are POSIX paths on every host. */
function resolvePosix(base: string, target: string): string {
  const parts: string[] = [];
  for (const part of `${target.startsWith('/') ? '' : base}/${target}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
