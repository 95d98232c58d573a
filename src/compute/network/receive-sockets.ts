import { spawn } from 'node:child_process';
import { Socket as UdpSocket } from 'node:dgram';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { DNS_ADDRESS, type ListenerPorts, METADATA_ADDRESS, type TaskSockets } from './task-network.ts';

const openListeners = fileURLToPath(new URL('./open-listeners.mjs', import.meta.url));
const TIMEOUT_MS = 15_000;

/** Opens hatoba's listeners inside a network namespace and brings them here. Rejects with the reason if one cannot be opened. */
export async function receiveSockets(namespacePath: string, ports: ListenerPorts): Promise<TaskSockets> {
  const tcp = (name: string, address: string, port: number) => ({ name, kind: 'tcp', address, port });
  const udp = (name: string, address: string, port: number) => ({ name, kind: 'udp', address, port });
  const received = await receiveHandles(namespacePath, [
    tcp('metadata', METADATA_ADDRESS, ports.metadata),
    udp('dns', DNS_ADDRESS, 53),
    tcp('gateway', '127.0.0.1', ports.gateway),
    udp('xrayUdp', '127.0.0.1', ports.xray),
    tcp('xrayTcp', '127.0.0.1', ports.xray),
    tcp('otlpHttp', '127.0.0.1', ports.otlpHttp),
    tcp('otlpGrpc', '127.0.0.1', ports.otlpGrpc),
  ]);
  return toTaskSockets(received);
}

/** Gives the sockets their names; `close` closes them all. */
export function toTaskSockets(sockets: ReadonlyMap<string, Server | UdpSocket>): TaskSockets {
  const server = (name: string) => sockets.get(name) as Server;
  const dns = sockets.get('dns') as UdpSocket | undefined;
  let closed = false;
  return {
    metadata: server('metadata'),
    gateway: server('gateway'),
    xrayTcp: server('xrayTcp'),
    xrayUdp: sockets.get('xrayUdp') as UdpSocket,
    otlpHttp: server('otlpHttp'),
    otlpGrpc: server('otlpGrpc'),
    ...(dns ? { dns } : {}),
    close() {
      if (closed) return;
      closed = true;
      for (const socket of sockets.values()) socket.close();
    },
  };
}

function receiveHandles(namespacePath: string, wanted: readonly object[]): Promise<Map<string, Server | UdpSocket>> {
  return new Promise((resolve, reject) => {
    const received = new Map<string, Server | UdpSocket>();
    const child = spawn(
      'nsenter',
      [`--net=${namespacePath}`, '--', process.execPath, openListeners, JSON.stringify(wanted)],
      { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { PATH: process.env.PATH ?? '' } },
    );
    const fail = (reason: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      for (const socket of received.values()) socket.close();
      reject(new Error(`the task's listeners could not be opened: ${reason}`));
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
