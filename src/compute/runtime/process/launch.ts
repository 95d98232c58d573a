import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { ContainerStartError } from '../runtime.ts';
import { MARK } from './environment.ts';
import type { Isolation } from './isolation.ts';
import { privilegeDrop, type TaskUser } from './task-user.ts';

/** Everything about starting one program: plain data. */
export interface Program {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly user?: TaskUser;
}

export interface ContainerFiles {
  /** Shell text that becomes the program; holds its environment, so it is readable by us alone. */
  readonly commandFile: string;
  /** Written when the program has ended: its exit code. */
  readonly exitFile: string;
  readonly outputFile: string;
}

export interface LaunchOptions {
  readonly files: ContainerFiles;
  readonly mark: string;
  readonly isolation: Isolation;
  /** `cgroup.procs` files to join. */
  readonly cgroupFiles: readonly string[];
  readonly namespacePath?: string;
  /** Directory with resolv.conf and hosts to show in the container; with `namespacePath` only. */
  readonly namesDirectory?: string;
  readonly hostname: string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Shell text that turns the shell into the program. It goes through a file, not through arguments: those of a running
 * process can be read by everyone on the machine, and the environment may hold secrets.
 */
export function programText({ command, environment, workingDirectory, user }: Program): string {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const words = [...(user ? privilegeDrop(user) : []), 'env', '-i', ...assignments, ...command];
  return `cd ${quote(workingDirectory)} || exit 126\nexec ${words.map(quote).join(' ')}\n`;
}

const JOIN_CGROUPS = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

// File descriptor 3 tells hatoba that everything is set up, or why not. The program is a child, so that its exit code
// can be kept; its own process namespace, if there is one, ends with this shell.
const WRAPPER = `
commandfile=$1 exitfile=$2 hostname=$3 names=$4
exec 2>&3
if [ -n "$names" ]; then
  for held in /run/hatoba/*/; do umount -l "$held" 2>/dev/null; done
  mount --bind "$names/resolv.conf" /etc/resolv.conf || exit 125
  mount --bind "$names/hosts" /etc/hosts || exit 125
  echo "$hostname" > /proc/sys/kernel/hostname || exit 125
fi
[ -r "$commandfile" ] || { echo "$commandfile is not readable" >&3; exit 125; }
echo started >&3
exec 2>/dev/null 3>&-
( . "$commandfile" ) 2>&1
echo $? > "$exitfile.new" && mv "$exitfile.new" "$exitfile"
`;

/** Starts a container's wrapper, detached. Resolves when the program is about to run; rejects with CannotStartContainerError. */
export async function launchContainer(options: LaunchOptions): Promise<ChildProcess> {
  const { files, isolation, namespacePath } = options;
  const wrapper = ['sh', '-c', WRAPPER, 'hatoba-container', files.commandFile, files.exitFile, options.hostname];
  const enterNetwork = namespacePath ? ['nsenter', `--net=${namespacePath}`, '--'] : [];
  const command = [...enterNetwork, ...isolation.enter, ...wrapper, options.namesDirectory ?? ''];
  const output = openSync(files.outputFile, 'a', 0o600);
  try {
    const child = spawn('sh', ['-c', JOIN_CGROUPS, 'hatoba-container', ...options.cgroupFiles, '--', ...command], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      env: { PATH: process.env.PATH ?? '', [MARK]: options.mark },
    });
    child.unref();
    await untilStarted(child);
    return child;
  } finally {
    closeSync(output);
  }
}

function untilStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const status = child.stdio[3] as NodeJS.ReadableStream & { destroy(): void };
    let text = '';
    const fail = (why: string) =>
      reject(new ContainerStartError('CannotStartContainerError', `the container could not be set up: ${why}`));
    child.on('error', (error) => fail(error.message));
    status.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('started\n')) return;
      status.destroy();
      resolve();
    });
    status.on('error', () => undefined);
    status.on('end', () => fail(text.trim().replaceAll('\n', '; ') || 'it ended at once'));
  });
}

export interface ExecOptions {
  readonly commandFile: string;
  readonly mark: string;
  readonly isolation: Isolation;
  readonly cgroupFiles: readonly string[];
  readonly namespacePath?: string;
  /** First process of the container's namespaces; undefined without namespaces. */
  readonly initPid?: number;
}

/** Starts a further program in a container; stdout and stderr are pipes. */
export function launchExec(options: ExecOptions): ChildProcess {
  const { isolation, initPid } = options;
  const network = options.namespacePath ? [`--net=${options.namespacePath}`] : [];
  const joined = initPid === undefined ? network : [`--target=${initPid}`, ...isolation.join, ...network];
  const enter = joined.length > 0 ? ['nsenter', ...joined, '--'] : [];
  const command = [...enter, 'sh', '-c', '. "$1"', 'hatoba-exec', options.commandFile];
  return spawn('sh', ['-c', JOIN_CGROUPS, 'hatoba-exec', ...options.cgroupFiles, '--', ...command], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', [MARK]: options.mark },
  });
}
