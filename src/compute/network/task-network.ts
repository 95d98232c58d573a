import type { Socket as UdpSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';

/** Ports of hatoba's listeners as a task sees them. In namespace mode these are the SDKs' defaults. */
export interface ListenerPorts {
  readonly metadata: number;
  readonly gateway: number;
  readonly xray: number;
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
}

export interface ContainerPort {
  readonly containerName: string;
  readonly containerPort: number;
}

/** A task's place in the network: plain data, kept in the task's record. */
export interface TaskPlace {
  readonly mode: 'namespace' | 'loopback';
  /** Where hatoba and other tasks reach the task. */
  readonly address: string;
  /** File that names the network namespace. */
  readonly namespacePath?: string;
  /** Last octet of the address within the instance's subnet. */
  readonly slot?: number;
  readonly listeners: ListenerPorts;
  /** Ports that the task's own containers name: hatoba leaves them alone. Namespace mode. */
  readonly ownPorts: readonly number[];
  /** Loopback mode: `<container>:<port>` to the port of this machine that stands for it. */
  readonly hostPorts: Readonly<Record<string, number>>;
}

/** Listening sockets of one task, owned by hatoba. Those whose port the task has for itself are absent. `close` is idempotent. */
export interface TaskSockets {
  /** Calls back with each connection to the task's metadata address. */
  onMetadataConnection(accept: (connection: Socket) => void): void;
  readonly gateway?: Server;
  readonly xrayTcp?: Server;
  readonly xrayUdp?: UdpSocket;
  readonly otlpHttp?: Server;
  readonly otlpGrpc?: Server;
  /** Namespace mode only. */
  readonly dns?: UdpSocket;
  close(): void;
}

/** How tasks of the process runtime reach hatoba and each other. */
export interface TaskNetwork {
  readonly mode: 'namespace' | 'loopback';
  start(): Promise<void>;
  /** `keepTasks` leaves what running tasks need. */
  stop(options: { keepTasks: boolean }): Promise<void>;
  /** Throws an Error with a readable message when there is no room. */
  create(taskId: string, ports: readonly ContainerPort[]): Promise<TaskPlace>;
  /** Takes over the place of a task from before; false when it is no longer there. */
  adopt(taskId: string, place: TaskPlace): Promise<boolean>;
  /** Removes places of tasks that nobody knows: we were killed between making one and writing it down. */
  removeUnknown(knownTaskIds: ReadonlySet<string>): Promise<void>;
  /** Opens hatoba's listeners at the task's place. */
  open(place: TaskPlace): Promise<TaskSockets>;
  /** Idempotent. */
  remove(taskId: string, place: TaskPlace): Promise<void>;
}

export const METADATA_ADDRESS = '169.254.170.2';
export const DNS_ADDRESS = '169.254.170.253';
