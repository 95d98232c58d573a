import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { getServers } from 'node:dns';
import { isIPv6 } from 'node:net';
import * as dnsPacket from 'dns-packet';
import type { Clock } from '../../platform/clock.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { healthyOrAll, instancesOf, lookUpName } from '../discovery/find-service.ts';
import type { TrafficStore } from '../store.ts';
import { answerQuery, emptyResponse, encodeResponse, rcode } from './answer-query.ts';

const forwardTimeoutMs = 4000;
const forwardsAtOnceMax = 256;

/** Answers for our private names, and passes every other question to the host's resolver. */
export class DnsServer {
  private readonly store: TrafficStore;
  private readonly clock: Clock;
  private readonly resolvers: readonly string[];
  private readonly stopped = new AbortController();
  private forwarding = 0;
  private turn = 0;

  /** `resolvers`: addresses with an optional port; the host's own by default. */
  constructor(deps: { store: TrafficStore; clock: Clock; resolvers?: readonly string[] }) {
    this.store = deps.store;
    this.clock = deps.clock;
    this.resolvers = deps.resolvers ?? getServers();
  }

  serve(socket: Socket, scope: AccountRegion): void {
    socket.on('message', (bytes, from) => this.answer(socket, scope, bytes, from));
    // A task that is gone takes its socket with it; nothing else depends on it. It may be closed already.
    socket.on('error', () => closeQuietly(socket));
  }

  stop(): void {
    this.stopped.abort();
  }

  private answer(socket: Socket, scope: AccountRegion, bytes: Buffer, from: RemoteInfo): void {
    const query = decode(bytes);
    // Garbage, and answers nobody asked us for: replying would make a reflector.
    if (query?.type !== 'query') return;
    const answer = this.encodedAnswer(query, scope);
    if (answer) reply(socket, answer, from);
    else void this.forward(socket, bytes, query, from);
  }

  private encodedAnswer(query: dnsPacket.Packet, scope: AccountRegion): Buffer | undefined {
    const lookUp = (name: string) => lookUpName(this.store, scope, name);
    try {
      const answer = answerQuery(query, lookUp, (service) =>
        this.rotate(healthyOrAll(instancesOf(this.store, scope, service.id))),
      );
      return answer && encodeResponse(answer, query);
    } catch {
      // An attribute that is no address, a question of a kind that cannot be written: nobody else's answers may suffer.
      return serverFailure(query);
    }
  }

  private rotate<Item>(items: readonly Item[]): Item[] {
    const start = items.length === 0 ? 0 : this.turn++ % items.length;
    return [...items.slice(start), ...items.slice(0, start)];
  }

  private async forward(socket: Socket, bytes: Buffer, query: dnsPacket.Packet, from: RemoteInfo): Promise<void> {
    const failure = () => reply(socket, serverFailure(query), from);
    if (this.resolvers.length === 0 || this.forwarding >= forwardsAtOnceMax) return failure();
    this.forwarding += 1;
    try {
      reply(socket, await this.ask(this.resolvers[0]!, bytes), from);
    } catch {
      failure();
    } finally {
      this.forwarding -= 1;
    }
  }

  /** Sends the question on as it is, from a fresh port each time, and takes the answer with the same id from there only. */
  private ask(resolver: string, bytes: Buffer): Promise<Buffer> {
    const { address, port } = splitResolver(resolver);
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.stopped.signal]);
    return new Promise<Buffer>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (answer) => {
        if (answer.length >= 12 && answer.readUInt16BE(0) === bytes.readUInt16BE(0)) resolve(answer);
      });
      socket.connect(port, address, () => socket.send(bytes));
      this.clock.sleep(forwardTimeoutMs, signal).then(() => reject(new Error('no answer in time')), reject);
    }).finally(() => {
      done.abort();
      socket.close();
    });
  }
}

function decode(bytes: Buffer): dnsPacket.Packet | undefined {
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return undefined;
  }
}

/** With the question, unless it is of a kind that cannot be written. */
function serverFailure(query: dnsPacket.Packet): Buffer {
  try {
    return encodeResponse(emptyResponse(query, rcode.serverFailure), query);
  } catch {
    return encodeResponse(emptyResponse({ id: query.id ?? 0, type: 'query' }, rcode.serverFailure), query);
  }
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}

function reply(socket: Socket, bytes: Buffer, to: RemoteInfo): void {
  try {
    socket.send(bytes, to.port, to.address, () => {});
  } catch {
    // Closed meanwhile: the asker is gone.
  }
}

function splitResolver(resolver: string): { address: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(resolver);
  return match ? { address: (match[1] ?? match[2])!, port: Number(match[3] ?? 53) } : { address: resolver, port: 53 };
}
