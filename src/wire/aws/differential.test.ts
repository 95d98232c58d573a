import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { expect, test } from 'vitest';
import { expectedMisses, servicesWithoutClient } from './differential-misses.fixture.ts';
import { NO_VALUE, ValueGenerator } from './generate-value.fixture.ts';
import { guessProtocol, OperationFinder } from './identify-operation.ts';
import type { Operation } from './model.ts';
import { openModelPack } from './model-pack.ts';
import { decodeInput, encodeOutput, type IdentifiedCall } from './protocol.ts';
import { presentedCredential } from './sigv4/presented-credential.ts';

/** Service -> the SDK's client, whose serializers are the oracle in both directions. */
const clients: Record<string, () => Promise<any>> = {
  cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  ec2: () => import('@aws-sdk/client-ec2'),
  ecs: () => import('@aws-sdk/client-ecs'),
  elbv2: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  iam: () => import('@aws-sdk/client-iam'),
  logs: () => import('@aws-sdk/client-cloudwatch-logs'),
  servicediscovery: () => import('@aws-sdk/client-servicediscovery'),
  sts: () => import('@aws-sdk/client-sts'),
  synthetics: () => import('@aws-sdk/client-synthetics'),
  xray: () => import('@aws-sdk/client-xray'),
};

const pack = openModelPack();
const finder = new OperationFinder(pack);
const generator = new ValueGenerator();
const misses: Record<string, string> = {};
let comparedCount = 0;

test('for every operation of the pack: what the SDK writes we read, what we write the SDK reads', {
  timeout: 120_000,
}, async () => {
  let operationCount = 0;
  const withoutClient: string[] = [];
  for (const service of pack.services.keys()) {
    const { operations } = pack.load(service);
    operationCount += operations.size;
    const module = await clients[service]?.();
    if (!module) withoutClient.push(service);
    else for (const operation of operations.values()) await compare(service, module, operation);
  }
  expect(withoutClient).toEqual(servicesWithoutClient);
  expect(misses).toEqual(
    Object.fromEntries(Object.entries(expectedMisses).map(([name, { differs }]) => [name, differs])),
  );
  expect({ operationCount, comparedCount }).toEqual({ operationCount: 748, comparedCount: 673 });
});

test.each([
  ['query', AwsQueryProtocol],
  ['rpc-v2-cbor', AwsSmithyRpcV2CborProtocol],
])('cloudwatch by %s, as older clients and those of other languages speak it', async (protocol, Protocol) => {
  comparedCount = 0;
  const module = await clients.cloudwatch!();
  const protocolsSeen = new Set<string>();
  for (const operation of pack.load('cloudwatch').operations.values()) {
    protocolsSeen.add((await compare('cloudwatch', module, operation, Protocol)) ?? 'none');
  }
  expect([...protocolsSeen]).toEqual([protocol]);
  expect(Object.keys(misses).filter((name) => name.startsWith('cloudwatch.'))).toEqual([]);
  expect(comparedCount).toBe(46);
});

async function compare(
  service: string,
  module: any,
  operation: Operation,
  Protocol?: unknown,
): Promise<string | undefined> {
  const miss = (direction: string, reason: string) => {
    misses[`${service}.${operation.name} ${direction}`] = reason;
    return undefined;
  };
  const Command = module[`${operation.name}Command`];
  if (!Command) return miss('both', 'not compared');
  if (operation.output?.members.some((member) => member.shape.eventstream)) return miss('both', 'not compared');
  const input = operation.input ? generator.make(operation.input) : {};
  const output = operation.output ? generator.make(operation.output) : {};
  if (input === NO_VALUE || output === NO_VALUE) return miss('both', 'no value can be made');
  let inputDifference = 'nothing was sent';
  let spoken: string | undefined;
  const client = clientOf(module, Protocol, async (request) => {
    const sent = await readSent(request);
    spoken = sent.call.protocol;
    inputDifference =
      sent.call.operation === operation ? difference(input, sent.input) : `routed to ${sent.call.operation.name}`;
    const answer = encodeOutput(operation, sent.call.protocol, output, 'request-id');
    return {
      statusCode: answer.status,
      headers: answer.headers,
      body: Readable.from(answer.body.length ? [answer.body] : []),
    };
  });
  const received = await client.send(new Command(structuredClone(input))).catch((error: Error) => error);
  const outputDifference = received instanceof Error ? `throws ${received.message}` : difference(output, received);
  comparedCount += 1;
  if (inputDifference) miss('input', inputDifference);
  if (outputDifference) miss('output', outputDifference);
  return spoken;
}

function clientOf(module: any, Protocol: unknown, answer: (request: any) => Promise<any>): any {
  const name = Object.keys(module).find((key) => /^[A-Za-z0-9]+Client$/.test(key) && key !== '__Client');
  return new module[name!]({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' },
    maxAttempts: 1,
    disableHostPrefix: true,
    ...(Protocol ? { protocol: Protocol } : {}),
    requestHandler: { handle: async (request: any) => ({ response: await answer(request) }) },
  });
}

/** The request as the gateway would see it, through routing and decoding; members that the SDK added by itself included. */
async function readSent(request: any): Promise<{ call: IdentifiedCall; input: any }> {
  const query = new URLSearchParams(
    Object.entries(request.query ?? {}).flatMap(([name, value]: [string, any]) =>
      Array.isArray(value)
        ? value.map((one) => [name, one] as [string, string])
        : [[name, value ?? ''] as [string, string]],
    ),
  );
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const raw = request.body === undefined ? Buffer.alloc(0) : Buffer.from(request.body);
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const credential = presentedCredential(distinct, query);
  const head = { method: request.method, path: request.path, query, headers };
  const call = finder.find(head, body, credential.kind === 'sigv4' ? credential.service : undefined);
  expect(call.protocol === 'ec2' ? 'query' : call.protocol).toBe(guessProtocol(head));
  return { call, input: decodeInput(call, query, headers, body) };
}

/** Where `actual` differs from `wanted`, or ''. Members that only `actual` has at the top were added by the SDK (idempotency tokens). */
function difference(wanted: any, actual: any): string {
  const left = comparable(wanted);
  const right = comparable(actual);
  for (const key of Object.keys(right)) if (!(key in left)) delete right[key];
  return firstDifference(left, right, '');
}

function firstDifference(left: any, right: any, path: string): string {
  if (JSON.stringify(left) === JSON.stringify(right)) return '';
  if (left && right && typeof left === 'object' && typeof right === 'object') {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const found = firstDifference(left[key], right[key], `${path}.${key}`);
      if (found) return found;
    }
  }
  return path;
}

/** Dates and bytes as text, keys in order, undefined left out. */
function comparable(value: any): any {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `time ${value.getTime()}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => item !== undefined && key !== '$metadata');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, comparable(item)]));
}
