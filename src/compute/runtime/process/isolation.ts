import { runCommand } from '../../network/run-command.ts';

/**
 * How a container's processes are kept together. With a process namespace the kernel ends all of them with the first;
 * without one they are found by descent and by a mark in their environment, which a program can remove.
 */
export interface Isolation {
  readonly kind: 'process-namespace' | 'mark';
  /** Before the wrapper's shell; empty for `mark`. */
  readonly enter: readonly string[];
  /** Options of nsenter to get into a container, without the target. */
  readonly join: readonly string[];
}

const marked: Isolation = { kind: 'mark', enter: [], join: [] };

/** Tries what this machine allows, best first. */
export async function chooseIsolation(): Promise<Isolation> {
  if (process.platform !== 'linux') return marked;
  const isRoot = process.getuid?.() === 0;
  const namespaces = [
    '--mount',
    '--propagation',
    'private',
    '--uts',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
  ];
  const enter = ['unshare', ...(isRoot ? [] : ['--user', '--map-current-user']), ...namespaces];
  const join = [...(isRoot ? [] : ['--user', '--preserve-credentials']), '--mount', '--uts', '--pid'];
  const works = await runCommand(enter[0]!, [...enter.slice(1), 'sh', '-c', 'test $$ = 1 && test -d /proc/self']).then(
    () => true,
    () => false,
  );
  return works ? { kind: 'process-namespace', enter, join } : marked;
}
