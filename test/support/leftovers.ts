import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { run } from './hatoba-process.ts';

/** Everything on this machine that names `marker` (a data directory): processes, mounts. Links are listed by `networkLinks`. */
export function leftoversOf(marker: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const directory = readlinkSync(`/proc/${pid}/cwd`);
      if ([commandLine, environment, directory].some((text) => text.includes(marker))) {
        found.push(`process ${pid}: ${commandLine}`);
      }
    } catch {
      // It has ended in between.
    }
  }
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return [...found, ...mounts.filter((line) => line.includes(marker)).map((line) => `mount ${line}`)];
}

/** Names of network links and namespaces, to compare before and after. */
export async function networkLinks(): Promise<string[]> {
  const links = await run('ip', ['-o', 'link']);
  const namespaces = await run('ip', ['netns', 'list']);
  const names = links.stdout.split('\n').map((line) => `link ${line.split(': ')[1]?.split('@')[0] ?? ''}`);
  const spaces = namespaces.stdout.split('\n').map((line) => `namespace ${line.split(' ')[0]}`);
  return [...names, ...spaces].filter((name) => !/ $/.test(name)).sort();
}
