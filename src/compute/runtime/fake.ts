import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import {
  type AdoptedTask,
  type ContainerExit,
  type ContainerSpec,
  ContainerStartError,
  type ContainerUsage,
  type ExecResult,
  type Runtime,
  type StartedTask,
  type TaskSpec,
} from './runtime.ts';

/**
 * Runs nothing: containers behave as their dockerLabels say, so that services, deployments and failures can be tried in
 * milliseconds and on any machine. What is written below `directory` lets a later process adopt them.
 *
 *   hatoba.fake.run-seconds    ends by itself after so long (otherwise it runs until it is stopped)
 *   hatoba.fake.exit-code      with this code (0)
 *   hatoba.fake.health         `unhealthy`: commands run inside it exit with 1 (0)
 *   hatoba.fake.print          a line it prints when it starts
 *   hatoba.fake.start-error    it cannot be started: `CannotPullContainerError: no such image`
 *   hatoba.fake.stop-seconds   how long it takes to stop after the signal (0); beyond stopTimeout it is killed
 *   hatoba.fake.cpu-units, hatoba.fake.memory-mib    what it uses (8, 16)
 */
export function createFakeRuntime(options: { directory: string; clock: Clock }): FakeRuntime {
  return new FakeRuntime(options.directory, options.clock);
}

interface FakeContainer {
  readonly spec: ContainerSpec;
  startedAtMs?: number;
  exit?: { exitCode: number; finishedAtMs: number };
  /** Aborts the wait for its own end. */
  ending?: AbortController;
}

interface FakeTask {
  readonly taskId: string;
  readonly address: string;
  readonly containers: Map<string, FakeContainer>;
}

/** As it is kept on disk. */
interface StoredTask {
  readonly taskId: string;
  readonly address: string;
  readonly containers: { spec: ContainerSpec; startedAtMs?: number; exit?: FakeContainer['exit'] }[];
}

export class FakeRuntime implements Runtime {
  readonly name = 'fake';
  readonly network = { mode: 'loopback', reason: 'the fake runtime runs nothing that could use a network' } as const;
  private readonly directory: string;
  private readonly clock: Clock;
  private readonly tasks = new Map<string, FakeTask>();
  private readonly listeners: ((taskId: string, exit: ContainerExit) => void)[] = [];
  private addressCounter = 0;

  constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.clock = clock;
  }

  async start(): Promise<void> {
    mkdirSync(this.directory, { recursive: true });
    // Output of tasks that are gone was kept for the logs of the process before; nobody reads it now.
    for (const taskId of readdirSync(this.directory)) {
      const isLeft = !existsSync(join(this.directory, taskId, 'task.json'));
      if (isLeft) rmSync(join(this.directory, taskId), { recursive: true, force: true });
    }
  }

  async stop(options: { stopTasks: boolean }): Promise<void> {
    for (const taskId of [...this.tasks.keys()]) {
      if (options.stopTasks) await this.removeTask(taskId);
      else this.forget(taskId);
    }
  }

  async prepareTask(task: TaskSpec): Promise<StartedTask> {
    const containers = new Map(task.containers.map((spec) => [spec.name, { spec } as FakeContainer]));
    const fake: FakeTask = { taskId: task.taskId, address: this.nextAddress(), containers };
    mkdirSync(join(this.directory, task.taskId), { recursive: true });
    for (const spec of task.containers) writeFileSync(this.outputPath(task.taskId, spec.name), '');
    this.tasks.set(task.taskId, fake);
    this.save(fake);
    return startedTask(fake);
  }

  async startContainer(task: TaskSpec, containerName: string): Promise<void> {
    const { fake, container } = this.find(task.taskId, containerName);
    const refusal = label(container, 'start-error');
    if (refusal !== undefined) throw startError(refusal);
    container.startedAtMs = this.clock.now().getTime();
    container.exit = undefined;
    const line = label(container, 'print');
    if (line !== undefined) appendFileSync(this.outputPath(task.taskId, containerName), `${line}\n`);
    this.save(fake);
    this.awaitEnd(fake, container);
  }

  async stopContainer(taskId: string, containerName: string, timeoutSeconds: number): Promise<void> {
    const { fake, container } = this.find(taskId, containerName);
    if (container.startedAtMs === undefined || container.exit !== undefined) return;
    const stopSeconds = numberLabel(container, 'stop-seconds') ?? 0;
    const killed = stopSeconds > timeoutSeconds;
    if (stopSeconds > 0) await this.clock.sleep(Math.min(stopSeconds, timeoutSeconds) * 1000);
    this.end(fake, container, killed ? 137 : 143);
  }

  async removeTask(taskId: string): Promise<void> {
    const fake = this.tasks.get(taskId);
    for (const container of fake?.containers.values() ?? []) container.ending?.abort();
    this.tasks.delete(taskId);
    rmSync(join(this.directory, taskId, 'task.json'), { force: true });
  }

  async exec(
    taskId: string,
    containerName: string,
    command: readonly string[],
    _timeoutMs: number,
  ): Promise<ExecResult> {
    const { container } = this.find(taskId, containerName);
    if (container.startedAtMs === undefined || container.exit !== undefined) {
      return { exitCode: 126, output: 'The container is not running.', timedOut: false };
    }
    const healthy = label(container, 'health') !== 'unhealthy';
    return { exitCode: healthy ? 0 : 1, output: `fake: ${command.join(' ')}`, timedOut: false };
  }

  async usage(taskId: string): Promise<ContainerUsage[]> {
    const running = [...(this.tasks.get(taskId)?.containers.values() ?? [])].filter(isRunning);
    return running.map((container) => {
      const ranMs = this.clock.now().getTime() - container.startedAtMs!;
      return {
        containerName: container.spec.name,
        cpuNanoseconds: (ranMs * 1e6 * (numberLabel(container, 'cpu-units') ?? 8)) / 1024,
        memoryBytes: (numberLabel(container, 'memory-mib') ?? 16) * 1024 * 1024,
        readBytes: 0,
        writeBytes: 0,
      };
    });
  }

  outputPath(taskId: string, containerName: string): string {
    return join(this.directory, taskId, `${containerName}.log`);
  }

  onExit(listener: (taskId: string, exit: ContainerExit) => void): void {
    this.listeners.push(listener);
  }

  async adopt(): Promise<AdoptedTask[]> {
    const adopted: AdoptedTask[] = [];
    for (const taskId of existsSync(this.directory) ? readdirSync(this.directory) : []) {
      const path = join(this.directory, taskId, 'task.json');
      if (!existsSync(path)) continue;
      const stored = JSON.parse(readFileSync(path, 'utf8')) as StoredTask;
      const fake: FakeTask = {
        ...stored,
        containers: new Map(stored.containers.map((container) => [container.spec.name, { ...container }])),
      };
      this.tasks.set(fake.taskId, fake);
      adopted.push(this.describeAdopted(fake));
    }
    return adopted;
  }

  /** Every image is there. */
  async pullImage(): Promise<void> {}

  /** Ends a container as if its program had crashed; for tests of what happens then. */
  crash(taskId: string, containerName: string, exitCode = 137): void {
    const { fake, container } = this.find(taskId, containerName);
    this.end(fake, container, exitCode);
  }

  private describeAdopted(fake: FakeTask): AdoptedTask {
    const nowMs = this.clock.now().getTime();
    const exited: ContainerExit[] = [];
    const running: string[] = [];
    for (const container of fake.containers.values()) {
      if (container.startedAtMs === undefined) continue;
      const runSeconds = numberLabel(container, 'run-seconds');
      const endsAtMs = container.startedAtMs + (runSeconds ?? Number.POSITIVE_INFINITY) * 1000;
      if (container.exit === undefined && endsAtMs <= nowMs) {
        container.exit = { exitCode: numberLabel(container, 'exit-code') ?? 0, finishedAtMs: endsAtMs };
      }
      if (container.exit === undefined) {
        running.push(container.spec.name);
        this.awaitEnd(fake, container);
      } else exited.push(toExit(container));
    }
    return { ...startedTask(fake), taskId: fake.taskId, running, exited };
  }

  private awaitEnd(fake: FakeTask, container: FakeContainer): void {
    const runSeconds = numberLabel(container, 'run-seconds');
    if (runSeconds === undefined) return;
    container.ending = new AbortController();
    const leftMs = container.startedAtMs! + runSeconds * 1000 - this.clock.now().getTime();
    this.clock.sleep(Math.max(0, leftMs), container.ending.signal).then(
      () => this.end(fake, container, numberLabel(container, 'exit-code') ?? 0),
      () => {},
    );
  }

  private end(fake: FakeTask, container: FakeContainer, exitCode: number): void {
    if (!isRunning(container)) return;
    container.ending?.abort();
    container.exit = { exitCode, finishedAtMs: this.clock.now().getTime() };
    this.save(fake);
    for (const listener of this.listeners) listener(fake.taskId, toExit(container));
  }

  private forget(taskId: string): void {
    for (const container of this.tasks.get(taskId)?.containers.values() ?? []) container.ending?.abort();
    this.tasks.delete(taskId);
  }

  private save(fake: FakeTask): void {
    const containers = [...fake.containers.values()].map(({ spec, startedAtMs, exit }) => ({
      spec,
      startedAtMs,
      exit,
    }));
    const stored: StoredTask = { taskId: fake.taskId, address: fake.address, containers };
    writeFileSync(join(this.directory, fake.taskId, 'task.json'), JSON.stringify(stored));
  }

  private find(taskId: string, containerName: string): { fake: FakeTask; container: FakeContainer } {
    const fake = this.tasks.get(taskId);
    const container = fake?.containers.get(containerName);
    if (fake === undefined || container === undefined)
      throw new Error(`There is no container ${taskId}/${containerName}.`);
    return { fake, container };
  }

  /** Addresses of this machine's loopback network, one a task, so that targets differ. */
  private nextAddress(): string {
    this.addressCounter += 1;
    return `127.64.${(this.addressCounter >> 8) & 255}.${this.addressCounter & 255}`;
  }
}

const isRunning = (container: FakeContainer): boolean =>
  container.startedAtMs !== undefined && container.exit === undefined;

const toExit = (container: FakeContainer): ContainerExit => ({
  containerName: container.spec.name,
  exitCode: container.exit!.exitCode,
  outOfMemory: false,
  finishedAt: new Date(container.exit!.finishedAtMs),
});

const startedTask = (fake: FakeTask): StartedTask => ({
  address: fake.address,
  portOf: (_containerName, containerPort) => containerPort,
});

const label = (container: FakeContainer, name: string): string | undefined =>
  container.spec.dockerLabels[`hatoba.fake.${name}`];

function numberLabel(container: FakeContainer, name: string): number | undefined {
  const text = label(container, name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function startError(text: string): ContainerStartError {
  const codes = ['CannotPullContainerError', 'CannotStartContainerError', 'CannotCreateContainerError'] as const;
  const code = codes.find((one) => text.startsWith(`${one}:`));
  return code === undefined
    ? new ContainerStartError('CannotStartContainerError', text)
    : new ContainerStartError(code, text.slice(code.length + 1).trim());
}
