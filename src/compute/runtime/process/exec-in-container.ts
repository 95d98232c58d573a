import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newHexId } from '../../../platform/ids.ts';
import type { ExecResult } from '../runtime.ts';
import { findProgram } from './find-program.ts';
import { findInitPid } from './kill-container.ts';
import { launchExec, programText } from './launch.ts';
import { listProcesses, sendSignal, treeOf } from './process-table.ts';
import { isNamespaced, markOf, type ProcessHost, type TaskState } from './task-state.ts';

const OUTPUT_BYTES_MAX = 64 * 1024;

/** Runs a command where a container's program runs, with its environment and user. A container that is not running gives exit code 126. */
export async function execInContainer(
  host: ProcessHost,
  state: TaskState,
  containerName: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<ExecResult> {
  const { taskId } = state.record.task;
  const container = state.record.containers[containerName];
  if (!container?.process || container.exit) {
    return { exitCode: 126, output: `container ${containerName} is not running`, timedOut: false };
  }
  // What a sidecar's own programs would check is not there to be checked.
  if (container.isStandIn) return { exitCode: 0, output: '', timedOut: false };
  const initPid = isNamespaced(host) ? findInitPid(container.process) : undefined;
  if (isNamespaced(host) && initPid === undefined) {
    return { exitCode: 126, output: `container ${containerName} has just ended`, timedOut: false };
  }
  const { environment, workingDirectory } = container.program;
  let program: string;
  try {
    program = findProgram(command[0] ?? '', environment.PATH ?? '', workingDirectory);
  } catch (error) {
    return { exitCode: 127, output: (error as Error).message, timedOut: false };
  }
  const commandFile = path.join(host.records.directoryOf(taskId), `exec-${newHexId(8)}`);
  await writeFile(commandFile, programText({ ...container.program, command: [program, ...command.slice(1)] }), {
    mode: 0o600,
  });
  try {
    const child = launchExec({
      commandFile,
      mark: markOf(host, taskId, containerName),
      isolation: host.isolation,
      cgroupFiles: host.cgroups?.joinFiles(taskId, containerName) ?? [],
      namespacePath: state.record.place.namespacePath,
      initPid,
    });
    return await collect(host, child, timeoutMs);
  } finally {
    await rm(commandFile, { force: true });
  }
}

async function collect(
  host: ProcessHost,
  child: ReturnType<typeof launchExec>,
  timeoutMs: number,
): Promise<ExecResult> {
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    if (size < OUTPUT_BYTES_MAX) chunks.push(chunk.subarray(0, OUTPUT_BYTES_MAX - size));
    size += chunk.length;
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const finished = new AbortController();
  let timedOut = false;
  host.clock.sleep(timeoutMs, finished.signal).then(
    () => {
      timedOut = true;
      for (const { pid } of treeOf(child.pid!, listProcesses()).reverse()) sendSignal(pid, 'SIGKILL');
    },
    () => undefined,
  );
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // Not `close`: a process that it left behind may hold the pipe for ever.
    await new Promise(setImmediate);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return {
      exitCode: timedOut ? 124 : (code ?? (signal ? 137 : 1)),
      output: Buffer.concat(chunks).toString('utf8'),
      timedOut,
    };
  } finally {
    finished.abort();
  }
}
