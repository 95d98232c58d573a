/**
 * Runs the benches one after the other, each in a process of its own, and says at the end which bars of the design are
 * held. `npm run bench` runs all in their quick form; `npm run bench -- query ingest` only those; what begins with `--`
 * is handed on (`npm run bench -- query --full`).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const benches = [
  'start',
  'visible',
  'ingest',
  'query',
  'large-trace',
  'large-map',
  'telemetry-writer',
  'proxy',
  'schedule',
];
const given = process.argv.slice(2);
const names = given.filter((argument) => !argument.startsWith('--'));
const passed = given.filter((argument) => argument.startsWith('--'));
const unknown = names.filter((name) => !benches.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${benches.join(', ')}.`);
  process.exit(1);
}

interface Outcome {
  readonly name: string;
  readonly bars: readonly string[];
  readonly code: number | null;
}

async function run(name: string): Promise<Outcome> {
  console.log(`\n== ${name}`);
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, `${name}.ts`), ...passed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const bars = output.split('\n').filter((line) => /: (not )?held$/i.test(line));
  return { name, bars: bars.map((line) => line.replace(/^[*\s]+/, '')), code };
}

const outcomes: Outcome[] = [];
for (const name of names.length > 0 ? names : benches) outcomes.push(await run(name));

console.log('\n== bars');
for (const { name, bars, code } of outcomes) {
  for (const bar of bars) console.log(`${name}: ${bar}`);
  if (code !== 0) console.log(`${name}: ended with code ${code}`);
}
if (names.length === 0) {
  console.log('nothing lost (200 random kill -9): not a bench; npx vitest run test/faults says');
}
const all = outcomes.flatMap(({ bars }) => bars);
console.log(`${all.filter((bar) => !/not held$/i.test(bar)).length} of ${all.length} bars held`);
process.exitCode = outcomes.some(({ code }) => code !== 0) ? 1 : 0;
