import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { ContainerStartError } from '../runtime.ts';

/** Absolute path of the program that a command names. Throws CannotStartContainerError in Docker's words. */
export function findProgram(name: string, searchPath: string, workingDirectory: string): string {
  if (name.includes('/')) {
    const file = path.resolve(workingDirectory, name);
    const obstacle = obstacleTo(file);
    if (obstacle === undefined) return file;
    throw notStarted(name, obstacle === 'permission denied' ? obstacle : `stat ${name}: ${obstacle}`);
  }
  for (const directory of searchPath.split(':')) {
    const file = path.resolve(workingDirectory, directory, name);
    if (directory !== '' && obstacleTo(file) === undefined) return file;
  }
  throw notStarted(name, 'executable file not found in $PATH');
}

function obstacleTo(file: string): string | undefined {
  try {
    if (statSync(file).isDirectory()) return 'permission denied';
  } catch {
    return 'no such file or directory';
  }
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return 'permission denied';
  }
}

const notStarted = (name: string, why: string) =>
  new ContainerStartError(
    'CannotStartContainerError',
    `failed to create task: unable to start container process: exec: ${JSON.stringify(name)}: ${why}`,
  );
