import type { WorkloadIdentity } from '../../wire/aws/call-context.ts';

/** What a runtime needs to run one task: resolved, with nothing left to look up. */
export interface TaskSpec {
  /** 32 hex digits; the last part of the task ARN. */
  readonly taskId: string;
  readonly identity: WorkloadIdentity;
  readonly containers: readonly ContainerSpec[];
  /** Task size; undefined where the definition has none. */
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
  /** What the credentials endpoint hands out; a task without it gets no credentials. */
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly taskDefinitionArn: string;
  readonly clusterArn: string;
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL';
  readonly networkMode: 'awsvpc' | 'bridge' | 'host' | 'none';
  /** `service:<name>` or `family:<family>`. */
  readonly group: string;
  readonly createdAt: Date;
  /** Tags of the task. */
  readonly tags: Readonly<Record<string, string>>;
  /** Free labels for drivers that can keep them (Docker). */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerSpec {
  readonly name: string;
  readonly containerArn: string;
  readonly image: string;
  readonly essential: boolean;
  /** Empty: what the image says. */
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly cpuUnits?: number;
  readonly memoryLimitMib?: number;
  readonly memoryReservationMib?: number;
  readonly containerPorts: readonly number[];
  readonly portMappings: readonly {
    containerPort: number;
    hostPort?: number;
    protocol: 'tcp' | 'udp';
    name?: string;
  }[];
  /** For the metadata endpoint: `awslogs` and its options as the definition gives them. */
  readonly logDriver?: string;
  readonly logOptions?: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly user?: string;
  readonly dockerLabels: Readonly<Record<string, string>>;
}

/** What CannotPullContainerError and friends are made of; `reason` is shown to people as it is. */
export class ContainerStartError extends Error {
  readonly code:
    | 'CannotPullContainerError'
    | 'CannotStartContainerError'
    | 'CannotCreateContainerError'
    | 'ResourceInitializationError';

  constructor(code: ContainerStartError['code'], reason: string) {
    super(reason);
    this.code = code;
  }
}

export interface StartedTask {
  /** The task's address as targets and discovery know it: its own in namespace mode, 127.0.0.1 in loopback mode. */
  readonly address: string;
  /** Where `containerPort` can be reached from hatoba and from other tasks. */
  portOf(containerName: string, containerPort: number): number;
}

export interface ContainerExit {
  readonly containerName: string;
  /** 137 when it is not known because the wrapper was killed. */
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly finishedAt: Date;
}

export interface ContainerUsage {
  readonly containerName: string;
  /** Monotonic; CPU seconds x 1e9. */
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Per task, given with its first container; absent where the task shares the host's network. */
  readonly networkReceiveBytes?: number;
  readonly networkTransmitBytes?: number;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
  readonly timedOut: boolean;
}

export interface AdoptedTask extends StartedTask {
  readonly taskId: string;
  readonly running: readonly string[];
  readonly exited: readonly ContainerExit[];
}

/**
 * Runs tasks. Each task is prepared once, then its containers are started one by one in the order that dependsOn asks.
 * Tasks outlive this process: `adopt` finds them again. Nothing of a task is left after `removeTask`.
 */
export interface Runtime {
  readonly name: 'process' | 'docker' | 'fake';
  /** Known once `start` has resolved. `reason` says in one line why it is so. */
  readonly network: { readonly mode: 'namespace' | 'loopback'; readonly reason: string };
  start(): Promise<void>;
  /** `stopTasks` false leaves them for adoption. */
  stop(options: { stopTasks: boolean }): Promise<void>;
  /** Network, directories, listeners. Throws ContainerStartError. */
  prepareTask(task: TaskSpec): Promise<StartedTask>;
  /** Resolves when the container's program has been started. Throws ContainerStartError. */
  startContainer(task: TaskSpec, containerName: string): Promise<void>;
  /** Signals the container's program, and after `timeoutSeconds` kills its whole process tree. Resolves when it is gone. */
  stopContainer(taskId: string, containerName: string, timeoutSeconds: number): Promise<void>;
  /** Kills what is left of the task and removes its network and directories; output files stay until `logs` has read them. */
  removeTask(taskId: string): Promise<void>;
  exec(taskId: string, containerName: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  usage(taskId: string): Promise<ContainerUsage[]>;
  /** Absolute path of the file with stdout and stderr of the container. */
  outputPath(taskId: string, containerName: string): string;
  onExit(listener: (taskId: string, exit: ContainerExit) => void): void;
  /** Tasks of this instance that are still there from before; unknown ones are the caller's to remove. */
  adopt(): Promise<AdoptedTask[]>;
  /** Throws ContainerStartError for an image that is not there. */
  pullImage(image: string, hasCommand: boolean): Promise<void>;
}
