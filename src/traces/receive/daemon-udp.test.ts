import dgram from 'node:dgram';
import { expect, test } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { DaemonUdp } from './daemon-udp.ts';
import type { Ingest } from './ingest.ts';
import { Ledger } from './ledger.ts';

test('a receiver whose thread has ended starts again on its port', async () => {
  const taken: string[] = [];
  const ingest = {
    documents: async (texts: readonly string[]) => {
      taken.push(...texts);
      return [];
    },
  } as unknown as Ingest;
  const source = { name: 'udp' } as Parameters<Ingest['documents']>[1];
  const udp = new DaemonUdp({ ingest, ledger: new Ledger(), logger: silentLogger, source });
  const socket = dgram.createSocket('udp4');
  try {
    const port = await udp.start('127.0.0.1', 0);
    await (udp as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
    const deadline = Date.now() + 10_000;
    while (taken.length === 0 && Date.now() < deadline) {
      socket.send('{"format":"json","version":1}\n{"id":"a"}', port, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken[0]).toBe('{"id":"a"}');
  } finally {
    socket.close();
    await udp.stop();
  }
});

test('a receiver that is stopped while it waits to start again stays stopped', async () => {
  const udp = new DaemonUdp({
    ingest: {} as Ingest,
    ledger: new Ledger(),
    logger: silentLogger,
    source: { name: 'udp' } as Parameters<Ingest['documents']>[1],
  });
  const port = await udp.start('127.0.0.1', 0);
  await (udp as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
  await udp.stop();
  await new Promise((resolve) => setTimeout(resolve, 800));
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(port, '127.0.0.1', resolve));
  socket.close();
});
