// docs/guide/settings.md from the schema in src/config.ts. With --check: fails when the page is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { configSchema, environmentNames } from '../src/config.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

const root = resolve(import.meta.dirname, '..');
const page = join(root, 'docs/guide/settings.md');
const source = readFileSync(join(root, 'src/config.ts'), 'utf8');
// What `start` takes: the other commands have flags of the same names for what they talk to.
const commandLine =
  /withServerOptions = [\s\S]*?;\n\n/.exec(readFileSync(join(root, 'cli/main.ts'), 'utf8'))?.[0] ?? '';
const properties = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }).properties as Record<
  string,
  Property
>;

const code = (text: string) => `\`${text}\``;
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function meaningOf(name: string): string {
  const comment = new RegExp(`/\\*\\* ([^*]+) \\*/\\n  ${name}: `).exec(source)?.[1];
  if (!comment) throw new Error(`src/config.ts does not say what ${name} means`);
  return comment.replaceAll('|', '\\|');
}

function defaultOf({ default: value, enum: values }: Property): string {
  const text = value === undefined ? 'not set' : code(typeof value === 'string' ? value : JSON.stringify(value));
  return values
    ? `${text} (${values
        .filter((one) => one !== value)
        .map(code)
        .join(', ')})`
    : text;
}

function flagOf(name: string): string {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return commandLine.includes(`${flag} <`) ? code(flag) : '';
}

function variableOf(name: string): string {
  const found = Object.entries(environmentNames).find(([, setting]) => setting === name)?.[0];
  return found ? code(found) : '';
}

const text = `# Settings

Generated from \`src/config.ts\` by \`npm run generate\`. A flag wins over an environment variable, that over \`hatoba.yaml\` (in the directory where
hatoba is started, or \`--config FILE\`), that over the default. A setting that is not known is an error.

${[
  row(['`hatoba.yaml`', 'default (others)', 'flag', 'environment', 'what it does']),
  row(['---', '---', '---', '---', '---']),
  ...Object.entries(properties).map(([name, property]) =>
    row([code(name), defaultOf(property), flagOf(name), variableOf(name), meaningOf(name)]),
  ),
].join('\n')}

\`\`\`yaml
# hatoba.yaml
port: 4566
images:
  my/web: ./web
notifications:
  - name: team-chat
    kind: slack # or webhook
    url: https://hooks.slack.com/services/T000/B000/XXXX
\`\`\`
`;

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/guide/settings.md is stale; run: npm run generate');
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
  console.log(`wrote ${page}`);
}
