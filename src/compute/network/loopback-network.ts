import { randomInt } from 'node:crypto';
import dgram, { type Socket as UdpSocket } from 'node:dgram';
import net, { type Server } from 'node:net';
import { type Sockets, toTaskSockets } from './receive-sockets.ts';
import type { ListenerPorts, TaskNetwork, TaskPlace } from './task-network.ts';

// Below the ephemeral ranges of Linux (32768) and macOS (49152), so that no outgoing connection takes a port between choosing and binding.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

/** Tasks share the host's network: every container port, and every listener of hatoba, is a port of its own on 127.0.0.1. */
export function createLoopbackNetwork(): TaskNetwork {
  const taken = new Map<number, string>();

  async function takePort(taskId: string): Promise<number> {
    for (let attempt = 0; attempt < 500; attempt += 1) {
      const port = randomInt(FIRST_PORT, LAST_PORT);
      if (taken.has(port)) continue;
      taken.set(port, taskId);
      if (await isFree(port)) return port;
      taken.delete(port);
    }
    throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
  }

  return {
    mode: 'loopback',
    start: async () => undefined,
    stop: async () => taken.clear(),

    async create(taskId, ports) {
      const take = () => takePort(taskId);
      const hostPorts: Record<string, number> = {};
      for (const { containerName, containerPort } of ports) {
        hostPorts[`${containerName}:${containerPort}`] = await take();
      }
      const listeners: ListenerPorts = {
        metadata: await take(),
        gateway: await take(),
        xray: await take(),
        otlpHttp: await take(),
        otlpGrpc: await take(),
      };
      return { mode: 'loopback', address: '127.0.0.1', listeners, ownPorts: [], hostPorts };
    },

    async adopt(taskId, place) {
      for (const port of portsOf(place)) taken.set(port, taskId);
      return true;
    },

    removeUnknown: async () => undefined,
    open: openOnLoopback,

    async remove(taskId, place) {
      for (const port of portsOf(place)) if (taken.get(port) === taskId) taken.delete(port);
    },
  };
}

const portsOf = (place: TaskPlace): number[] => [...Object.values(place.hostPorts), ...Object.values(place.listeners)];

async function openOnLoopback({ listeners }: TaskPlace) {
  const sockets: Sockets = new Map();
  try {
    const metadata = await listenTcp(listeners.metadata);
    sockets.set('metadata', metadata);
    sockets.set('gateway', await listenTcp(listeners.gateway));
    sockets.set('xrayTcp', await listenTcp(listeners.xray));
    sockets.set('xrayUdp', await bindUdp(listeners.xray));
    sockets.set('otlpHttp', await listenTcp(listeners.otlpHttp));
    sockets.set('otlpGrpc', await listenTcp(listeners.otlpGrpc));
    return toTaskSockets(sockets, {
      onConnection: (accept) => void metadata.on('connection', accept),
      close: () => undefined,
    });
  } catch (error) {
    for (const socket of sockets.values()) socket.close();
    throw error;
  }
}

function listenTcp(port: number, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function bindUdp(port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Free for a program that binds every address as well as for one that binds loopback. */
async function isFree(port: number): Promise<boolean> {
  try {
    const everywhere = await listenTcp(port, '0.0.0.0');
    await new Promise((resolve) => everywhere.close(resolve));
    const udp = await bindUdp(port);
    await new Promise<void>((resolve) => udp.close(() => resolve()));
    return true;
  } catch {
    return false;
  }
}
