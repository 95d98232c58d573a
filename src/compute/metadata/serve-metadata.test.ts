import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { taskSpec } from '../runtime/runtime.contract.ts';
import { createMetadataHandler } from './serve-metadata.ts';

const task = taskSpec([]);
const usage = [
  {
    containerName: 'app',
    cpuNanoseconds: 5,
    memoryBytes: 7,
    readBytes: 1,
    writeBytes: 2,
    networkReceiveBytes: 3,
    networkTransmitBytes: 4,
  },
  { containerName: 'side', cpuNanoseconds: 6, memoryBytes: 8, readBytes: 0, writeBytes: 0 },
];
let isKnown = true;
let failure: Error | undefined;
const server = createServer(
  createMetadataHandler(
    {
      taskId: task.taskId,
      workload: task.identity,
      taskRoleArn: 'arn:aws:iam::000000000000:role/r',
      credentialsId: 'c-1',
      metadataIds: { app: 'm-1', side: 'm-2' },
      usage: async () => usage,
      now: () => new Date('2026-01-01T00:00:00Z'),
    },
    {
      credentials: async (_workload, RoleArn) => {
        if (failure) throw failure;
        return { RoleArn, AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: 'E', extra: 'not shown' };
      },
      taskMetadata: () =>
        isKnown
          ? {
              TaskARN: 'arn',
              TaskTags: { a: 'b' },
              Containers: [
                { Name: 'app', DockerId: 'd1' },
                { Name: 'side', DockerId: 'd2' },
              ],
            }
          : undefined,
    },
  ),
);

beforeEach(async () => {
  isKnown = true;
  failure = undefined;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function get(path: string): Promise<{ status: number; body: any }> {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
    headers: { connection: 'close' },
  });
  const text = await response.text();
  return {
    status: response.status,
    body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text,
  };
}

test('a request line that is no URL is answered as a path that does not exist', async () => {
  const { port } = server.address() as AddressInfo;
  const status = await new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path: '//', agent: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(404);
});

test('credentials are what AWS gives and nothing more', async () => {
  const { status, body } = await get('/v2/credentials/c-1');
  expect(status).toBe(200);
  expect(Object.keys(body)).toEqual(['RoleArn', 'AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration']);
});

test('wrong and missing credential ids, and a role that is gone', async () => {
  expect(await get('/v2/credentials/other')).toEqual({
    status: 400,
    body: { code: 'InvalidIdInRequest', message: 'CredentialsV2Request: Credentials not found', HTTPErrorCode: 400 },
  });
  expect(await get('/v2/credentials/')).toMatchObject({ status: 400, body: { code: 'NoIdInRequest' } });
  failure = new Error('no such role');
  expect(await get('/v2/credentials/c-1')).toMatchObject({ status: 500, body: { message: 'no such role' } });
});

test('a container sees itself, its task, and tags only when it asks for them', async () => {
  expect((await get('/v4/m-2')).body).toEqual({ Name: 'side', DockerId: 'd2' });
  expect((await get('/v3/m-1')).body).toEqual({ Name: 'app', DockerId: 'd1' });
  expect((await get('/v4/m-1/task')).body).not.toHaveProperty('TaskTags');
  expect((await get('/v4/m-1/taskWithTags')).body).toHaveProperty('TaskTags', { a: 'b' });
});

test('statistics are by container, and by Docker id for the task', async () => {
  const own = (await get('/v4/m-2/stats')).body;
  expect(own).toMatchObject({ cpu_stats: { cpu_usage: { total_usage: 6 } }, memory_stats: { usage: 8 } });
  expect(own.networks).toEqual({ eth0: { rx_bytes: 3, tx_bytes: 4 } });
  expect(Object.keys((await get('/v4/m-1/task/stats')).body)).toEqual(['d1', 'd2']);
});

test('unknown ids and paths are 404, a task that is not known yet is 500', async () => {
  expect(await get('/v4/other')).toEqual({
    status: 404,
    body: 'V4 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: other',
  });
  expect((await get('/v4/m-1/nothing')).status).toBe(404);
  expect((await get('/')).status).toBe(404);
  isKnown = false;
  expect((await get('/v4/m-1/task')).status).toBe(500);
});
