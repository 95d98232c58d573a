import { spawn } from 'node:child_process';
import { Socket as UdpSocket } from 'node:dgram';
import { Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { DNS_ADDRESS, type ListenerPorts, type TaskSockets } from './task-network.ts';

const openListeners = fileURLToPath(new URL('./open-listeners.mjs', import.meta.url));
const TIMEOUT_MS = 15_000;

export interface WantedSocket {
  readonly name: string;
  readonly kind: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

export type Sockets = Map<string, Server | UdpSocket>;

/** What hatoba listens on inside a task's namespace, without the ports that the task has for itself. */
export function socketsInTask(ports: ListenerPorts, ownPorts: readonly number[]): WantedSocket[] {
  const local = (name: string, kind: 'tcp' | 'udp', port: number): WantedSocket => ({
    name,
    kind,
    address: '127.0.0.1',
    port,
  });
  const wanted: WantedSocket[] = [
    { name: 'dns', kind: 'udp', address: DNS_ADDRESS, port: 53 },
    local('gateway', 'tcp', ports.gateway),
    local('xrayUdp', 'udp', ports.xray),
    local('xrayTcp', 'tcp', ports.xray),
    local('otlpHttp', 'tcp', ports.otlpHttp),
    local('otlpGrpc', 'tcp', ports.otlpGrpc),
  ];
  return wanted.filter(({ port }) => !ownPorts.includes(port));
}

/** Gives the sockets their names; `close` closes them all. */
export function toTaskSockets(
  sockets: Sockets,
  metadata: { onConnection(accept: (connection: Socket) => void): void; close(): void },
): TaskSockets {
  const server = (name: string) => sockets.get(name) as Server | undefined;
  const udp = (name: string) => sockets.get(name) as UdpSocket | undefined;
  let closed = false;
  return {
    onMetadataConnection: metadata.onConnection,
    gateway: server('gateway'),
    xrayTcp: server('xrayTcp'),
    xrayUdp: udp('xrayUdp'),
    otlpHttp: server('otlpHttp'),
    otlpGrpc: server('otlpGrpc'),
    dns: udp('dns'),
    close() {
      if (closed) return;
      closed = true;
      metadata.close();
      for (const socket of sockets.values()) closeQuietly(socket);
    },
  };
}

/** A datagram socket that failed has been closed by whoever listens to it; closing it again would throw. */
function closeQuietly(socket: Server | UdpSocket): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}

/** Opens sockets inside a network namespace and brings them here. Rejects with the reason if one cannot be opened. */
export function receiveSockets(namespacePath: string, wanted: readonly WantedSocket[]): Promise<Sockets> {
  return new Promise((resolve, reject) => {
    const received: Sockets = new Map();
    const child = spawn(
      'nsenter',
      [`--net=${namespacePath}`, '--', process.execPath, openListeners, JSON.stringify(wanted)],
      { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { PATH: process.env.PATH ?? '' } },
    );
    const fail = (reason: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      for (const socket of received.values()) closeQuietly(socket);
      reject(new Error(`listeners could not be opened in the task's network: ${reason}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    let finished = false;
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code) => {
      if (!finished) fail(`the program that opens them ended with ${code}`);
    });
    child.on('message', (message: { name?: string; done?: boolean; failed?: string }, handle: unknown) => {
      if (message.name !== undefined && (handle instanceof Server || handle instanceof UdpSocket)) {
        received.set(message.name, handle);
        return;
      }
      finished = true;
      if (message.failed !== undefined) return fail(message.failed);
      clearTimeout(timer);
      child.disconnect();
      resolve(received);
    });
  });
}
