import type { Socket as UdpSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../../platform/logger.ts';
import type { Source } from '../model.ts';
import type { Ingest } from './ingest.ts';
import type { Ledger } from './ledger.ts';

interface Batch {
  readonly kind: 'batch';
  readonly data: Uint8Array;
  readonly lengths: Uint32Array;
  readonly spilled: number;
}

type WorkerMessage =
  | Batch
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'error'; readonly message: string; readonly code?: string }
  | { readonly kind: 'stopped' };

const batchAgeMs = 20;
const restartMs = 500;
const batchDatagramsMax = 500;
/**
 * Batches on their way into the store; beyond that datagrams are dropped and counted. They wait there for a second, fifty
 * batches; how many bytes may wait is the store's own bound.
 */
const storingMax = 1024;

/** The X-Ray daemon's UDP side: a shared port of its own, and sockets of tasks. Nothing is answered. */
export class DaemonUdp {
  private readonly ingest: Ingest;
  private readonly ledger: Ledger;
  private readonly logger: Logger;
  private readonly source: Source;
  private readonly taskSockets = new Set<UdpSocket>();
  private worker: Worker | undefined;
  private restart: NodeJS.Timeout | undefined;
  private port = 0;
  private storing = 0;
  private dropsSeen = 0;

  constructor(deps: { ingest: Ingest; ledger: Ledger; logger: Logger; source: Source }) {
    this.ingest = deps.ingest;
    this.ledger = deps.ledger;
    this.logger = deps.logger;
    this.source = deps.source;
  }

  /** Binds the shared port; resolves with the one that it got. */
  async start(host: string, port: number): Promise<number> {
    const worker = new Worker(new URL('./udp-worker.mjs', import.meta.url), { workerData: { host, port } });
    this.worker = worker;
    this.port = await new Promise<number>((resolve, reject) => {
      worker.on('error', (error) => {
        reject(error);
        this.logger.error({ error }, 'UDP receiver');
      });
      worker.on('exit', () => {
        if (this.worker !== worker) return;
        // Nobody told it to end: what clients send in the meantime is lost, the rest must not be.
        this.worker = undefined;
        if (this.port > 0) this.startAgain(host, this.port);
      });
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'listening') resolve(message.port);
        else if (message.kind === 'error') {
          reject(Object.assign(new Error(message.message), { code: message.code }));
          this.logger.warn({ error: message.message }, 'UDP receiver');
        } else if (message.kind === 'batch') {
          worker.postMessage('taken');
          if (message.spilled > 0) this.countRefused('Spillover', message.spilled);
          this.take(split(message), this.source);
        }
      });
    });
    return this.port;
  }

  private startAgain(host: string, port: number): void {
    this.restart = setTimeout(() => {
      this.start(host, port).catch((error: unknown) => {
        this.logger.error({ error, port }, 'the UDP receiver of segments ended and cannot start again');
      });
    }, restartMs);
  }

  /** Reads a socket that is bound already; it belongs to its task, whose end closes it. */
  serve(socket: UdpSocket, source: Source): void {
    this.taskSockets.add(socket);
    let datagrams: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      const batch = datagrams;
      datagrams = [];
      if (batch.length > 0) this.take(batch, source);
    };
    socket.on('message', (datagram) => {
      datagrams.push(datagram);
      if (datagrams.length >= batchDatagramsMax) flush();
      else timer ??= setTimeout(flush, batchAgeMs);
    });
    socket.on('close', () => {
      flush();
      this.taskSockets.delete(socket);
    });
    socket.on('error', (error) => this.logger.warn({ error }, 'UDP receiver of a task'));
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    clearTimeout(this.restart);
    if (worker) {
      await new Promise<void>((resolve) => {
        worker.on('message', (message: WorkerMessage) => message.kind === 'stopped' && resolve());
        worker.once('exit', () => resolve());
        worker.postMessage('stop');
      });
      await worker.terminate();
    }
    for (const socket of this.taskSockets) socket.removeAllListeners('message');
  }

  /** Asks the kernel how many datagrams it dropped on the shared port since it was last asked, and counts them. */
  countKernelDrops(): void {
    const drops = readKernelDrops(this.port);
    if (drops > this.dropsSeen) this.countRefused('KernelDrop', drops - this.dropsSeen);
    this.dropsSeen = drops;
  }

  private take(datagrams: readonly Buffer[], source: Source): void {
    const documents: string[] = [];
    for (const datagram of datagrams) {
      const document = readDatagram(datagram);
      if (document !== undefined) documents.push(document);
      else this.countRefused('MissingHeader', 1);
    }
    if (documents.length === 0) return;
    if (this.storing >= storingMax) {
      this.countRefused('QueueFull', documents.length);
      return;
    }
    this.storing += 1;
    this.ingest
      .documents(documents, source, { acknowledged: false })
      // The ledger has counted it; the sender cannot be told.
      .catch((error: unknown) => this.logger.warn({ error }, 'segments from UDP were not stored'))
      .finally(() => {
        this.storing -= 1;
      });
  }

  private countRefused(reason: string, count: number): void {
    this.ledger.received(this.source.name, count);
    this.ledger.refused(this.source.name, reason, count);
  }
}

/** The document after a valid header line; undefined for anything else. */
export function readDatagram(datagram: Buffer): string | undefined {
  const newline = datagram.indexOf(10);
  if (newline < 0 || newline === datagram.length - 1) return undefined;
  try {
    const header: unknown = JSON.parse(datagram.toString('utf8', 0, newline));
    const { format, version } = header as { format?: unknown; version?: unknown };
    const isKnown = typeof format === 'string' && format.toLowerCase() === 'json' && version === 1;
    return isKnown ? datagram.toString('utf8', newline + 1) : undefined;
  } catch {
    return undefined;
  }
}

function split(batch: Batch): Buffer[] {
  const data = Buffer.from(batch.data.buffer, batch.data.byteOffset, batch.data.length);
  let offset = 0;
  return Array.from(batch.lengths, (length) => {
    offset += length;
    return data.subarray(offset - length, offset);
  });
}

/** The drops column of /proc/net/udp for a port; 0 where there is no such file. */
function readKernelDrops(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    try {
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        const columns = line.trim().split(/\s+/);
        if (columns[1]?.endsWith(suffix)) drops += Number(columns.at(-1)) || 0;
      }
    } catch {
      // Not Linux.
    }
  }
  return drops;
}
