import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../network/run-command.ts';
import { ContainerStartError } from '../runtime.ts';

/** Who a container's program runs as; undefined everywhere means: as hatoba itself. */
export interface TaskUser {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: TaskUser = { uid: 65_534, gid: 65_534 };

/** `name`, `uid` or `uid:gid`; undefined for a name that this machine does not know. */
export function findUser(text: string): TaskUser | undefined {
  const [user = '', group] = text.split(':', 2);
  const entry = passwordEntries().find((one) => one.name === user || String(one.uid) === user);
  const uid = entry?.uid ?? (/^\d+$/.test(user) ? Number(user) : undefined);
  if (uid === undefined) return undefined;
  const gid = group !== undefined && /^\d+$/.test(group) ? Number(group) : (entry?.gid ?? uid);
  return { uid, gid };
}

function passwordEntries(): { name: string; uid: number; gid: number }[] {
  let text = '';
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').map((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  });
}

/** Who tasks run as unless an image or a definition says otherwise. Undefined: as hatoba, which is not root. */
export function defaultTaskUser(setting: string | undefined): TaskUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (setting === undefined) return NOBODY;
  const user = findUser(setting);
  if (user) return user;
  throw new Error(`the setting taskUser names ${setting}, which this machine does not know`);
}

/**
 * Hatoba's own search path with the directory of its Node at the end. Directories that tasks cannot enter (root's own
 * tools, often) come last, so that a program is taken from where they can.
 */
export async function taskSearchPath(user: TaskUser | undefined): Promise<string> {
  const own = process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const directories = [...new Set([...own.split(':'), path.dirname(process.execPath)])].filter((one) => one !== '');
  if (!user) return directories.join(':');
  const [setpriv, ...drop] = privilegeDrop(user);
  const script = 'for one; do if test -x "$one"; then echo "$one"; fi; done';
  const listed = await runCommand(setpriv!, [...drop, 'sh', '-c', script, 'search-path', ...directories]);
  const usable = new Set(listed.split('\n'));
  return [...directories.filter((one) => usable.has(one)), ...directories.filter((one) => !usable.has(one))].join(':');
}

export interface ChosenUser {
  readonly user?: TaskUser;
  /** Said once per image: why it is not the ordinary task user. */
  readonly remark?: string;
}

/**
 * Only root can choose. A user that the definition or the image names counts if this machine has it and it is not root;
 * else it is the task user. A task user that cannot read the image's directory is replaced by the directory's owner,
 * without any of root's privileges, unless the setting names that user: then the container does not start.
 */
export async function chooseTaskUser(options: {
  /** Of this hatoba; `isSetting` when a person chose it. */
  taskUser: TaskUser | undefined;
  isSetting: boolean;
  asked: string | undefined;
  directory: string | undefined;
  program: string;
}): Promise<ChosenUser> {
  const { taskUser, isSetting, asked, directory, program } = options;
  if (!taskUser) return {};
  const fromDefinition = asked === undefined ? undefined : findUser(asked);
  const user = fromDefinition && fromDefinition.uid !== 0 ? fromDefinition : taskUser;
  const unreadable = await firstUnreadable(user, directory, program);
  if (unreadable === undefined) return { user };
  const owner = statSync(unreadable);
  if (isSetting) {
    throw new ContainerStartError(
      'CannotStartContainerError',
      `${unreadable} cannot be read by the task user (uid ${user.uid}): make it and the directories above it readable ` +
        `(chmod o+rx), or set taskUser to its owner, uid ${owner.uid}`,
    );
  }
  return {
    user: { uid: owner.uid, gid: owner.gid },
    remark: `${unreadable} cannot be read by uid ${user.uid}: its container runs as the owner, uid ${owner.uid}, without privileges`,
  };
}

const READABLE = 'test -x "$2" || exit 11; test -z "$1" || { test -r "$1" && test -x "$1" && cd "$1"; } || exit 10';

async function firstUnreadable(user: TaskUser, directory: string | undefined, program: string) {
  const args = [...privilegeDrop(user).slice(1), 'sh', '-c', READABLE, 'check', directory ?? '', program];
  const code = await new Promise<number>((resolve) => {
    execFile('setpriv', args, { cwd: '/', env: { PATH: process.env.PATH ?? '' } }, (error) =>
      resolve(typeof error?.code === 'number' ? error.code : error ? -1 : 0),
    );
  });
  if (code === 10) return directory;
  return code === 11 ? program : undefined;
}

/** A command prefix that becomes the user for good. */
export function privilegeDrop({ uid, gid }: TaskUser): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return ['setpriv', ...identity, '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
}
