import type { Server, Socket } from 'node:net';
import { receiveSockets } from './receive-sockets.ts';
import { METADATA_ADDRESS } from './task-network.ts';

/**
 * 169.254.170.2:80 for all tasks of an instance, on the bridge. It is not inside the tasks, because a listener there
 * would keep their programs from binding 0.0.0.0:80. The peer's address says which task is calling: tasks have no
 * privilege to send from another one.
 */
export interface MetadataListener {
  open(bridgeNamespace: string): Promise<void>;
  close(): void;
  /** The part of the listener that is one task's. */
  of(address: string): { onConnection(accept: (connection: Socket) => void): void; close(): void };
}

export function createMetadataListener(): MetadataListener {
  const tasks = new Map<string, (connection: Socket) => void>();
  let server: Server | undefined;
  return {
    async open(bridgeNamespace) {
      const wanted = [{ name: 'metadata', kind: 'tcp', address: METADATA_ADDRESS, port: 80 } as const];
      server = (await receiveSockets(bridgeNamespace, wanted)).get('metadata') as Server;
      server.on('connection', (connection) => {
        const accept = tasks.get(connection.remoteAddress ?? '');
        if (accept) accept(connection);
        else connection.destroy();
      });
    },
    close() {
      server?.close();
      server = undefined;
    },
    of: (address) => ({
      onConnection: (accept) => void tasks.set(address, accept),
      close: () => void tasks.delete(address),
    }),
  };
}
