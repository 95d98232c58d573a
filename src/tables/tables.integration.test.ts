import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../gateway/test-gateway.fixture.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { createTables, type Tables } from './index.ts';
import { openLevel } from './repair-folder.ts';

let dataDirectory: string;
let tables: Tables;
let running: TestGateway;

async function open(): Promise<void> {
  tables = createTables({ dataDirectory, clock: systemClock, logger: silentLogger });
  running = await startTestGateway({}, { services: tables.services });
}

beforeEach(async () => {
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'hatoba-tables-test-'));
  await open();
});
afterEach(async () => {
  await running.stop();
  await tables.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const client = (region = 'us-east-1', maxAttempts = 1) =>
  new DynamoDBClient({
    endpoint: running.endpoint,
    region,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
    maxAttempts,
  });

const createTable = (db: DynamoDBClient) =>
  db.send(
    new CreateTableCommand({
      TableName: 'visits',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
const put = (db: DynamoDBClient, id: string) =>
  db.send(new PutItemCommand({ TableName: 'visits', Item: { id: { S: id }, n: { N: '1' } } }));
const get = async (db: DynamoDBClient, id: string) =>
  (await db.send(new GetItemCommand({ TableName: 'visits', Key: { id: { S: id } } }))).Item;

test('a table is created, written, updated and queried by the SDK; no child runs before the first call', async () => {
  expect(tables.childPids()).toEqual([]);
  const db = client();
  const created = await createTable(db);
  expect(created.TableDescription?.TableArn).toBe('arn:aws:dynamodb:us-east-1:123456789012:table/visits');
  const { Table } = await db.send(new DescribeTableCommand({ TableName: 'visits' }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  await put(db, 'a');
  const updated = await db.send(
    new UpdateItemCommand({
      TableName: 'visits',
      Key: { id: { S: 'a' } },
      UpdateExpression: 'SET n = n + :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }),
  );
  expect(updated.Attributes).toEqual({ id: { S: 'a' }, n: { N: '2' } });
  const found = await db.send(
    new QueryCommand({
      TableName: 'visits',
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: 'a' } },
    }),
  );
  expect(found.Items).toEqual([{ id: { S: 'a' }, n: { N: '2' } }]);
  expect(tables.childPids()).toHaveLength(1);
});

test('errors keep the names and texts of DynamoDB', async () => {
  const db = client();
  await expect(get(db, 'a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await createTable(db);
  const refused = db.send(
    new PutItemCommand({
      TableName: 'visits',
      Item: { id: { S: 'a' } },
      ConditionExpression: 'attribute_exists(id)',
    }),
  );
  await expect(refused).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    message: 'The conditional request failed',
  });
  await expect(db.send(new PutItemCommand({ TableName: undefined, Item: {} }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining("Value null at 'tableName'"),
  });
});

test('what dynalite lacks answers 501 in our words', async () => {
  await expect(client().send(new TransactWriteItemsCommand({ TransactItems: [{}] }))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: 'hatoba does not implement dynamodb:TransactWriteItems yet.',
  });
  expect(tables.childPids()).toEqual([]);
});

test('accounts and regions are apart', async () => {
  await createTable(client());
  await expect(get(client('eu-west-1'), 'a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(tables.childPids()).toHaveLength(2);
  expect(existsSync(path.join(dataDirectory, '123456789012', 'eu-west-1'))).toBe(true);
});

describe('nothing acknowledged is lost', () => {
  test('when the child is killed again and again under writes', async () => {
    const db = client('us-east-1', 6);
    await createTable(db);
    const acknowledged: string[] = [];
    let stop = false;
    const writer = (async () => {
      for (let n = 0; !stop || n < 60; n++) {
        await put(db, `item-${n}`);
        acknowledged.push(`item-${n}`);
      }
    })();
    for (let kill = 0; kill < 3; kill++) {
      const before = acknowledged.length;
      while (acknowledged.length < before + 10) await systemClock.sleep(5);
      const [pid] = tables.childPids();
      process.kill(pid!, 'SIGKILL');
    }
    stop = true;
    await writer;
    for (const id of acknowledged) expect(await get(db, id)).toMatchObject({ id: { S: id } });
    expect(tables.childPids()).toHaveLength(1);
  });

  test('when hatoba stops and starts again', async () => {
    await createTable(client());
    await put(client(), 'kept');
    await running.stop();
    await tables.stop();
    await open();
    expect(await get(client(), 'kept')).toMatchObject({ id: { S: 'kept' } });
  });
});

test('what a kill interrupted is finished when the folder is opened again', async () => {
  const db = client();
  await createTable(db);
  await put(db, 'a');
  await running.stop();
  await tables.stop();
  const level = openLevel(path.join(dataDirectory, '123456789012', 'us-east-1'));
  const table = await level.get('table~visits');
  const GlobalSecondaryIndexes = [{ IndexName: 'i', IndexStatus: 'CREATING' }];
  await level.put('table~half-made', {
    ...table,
    TableName: 'half-made',
    TableStatus: 'CREATING',
    GlobalSecondaryIndexes,
  });
  await level.put('table~visits', { ...table, TableStatus: 'DELETING' });
  await level.put('item-visits-2~x', { kept: true });
  await level.close();
  await open();
  const { Table } = await client().send(new DescribeTableCommand({ TableName: 'half-made' }));
  expect(Table).toMatchObject({ TableStatus: 'ACTIVE', GlobalSecondaryIndexes: [{ IndexStatus: 'ACTIVE' }] });
  await createTable(client());
  expect(await get(client(), 'a')).toBeUndefined();
  await tables.stop();
  const after = openLevel(path.join(dataDirectory, '123456789012', 'us-east-1'));
  expect(await after.get('item-visits-2~x')).toEqual({ kept: true });
  await after.close();
});

test('a client that resets in the middle of a body, or while it is answered, disturbs nothing', async () => {
  const db = client();
  await createTable(db);
  const body = JSON.stringify({ TableName: 'visits', Item: { id: { S: 'x'.repeat(500) } } });
  for (const sent of [body.slice(0, 100), body]) {
    const socket = connect(running.gateway.port, '127.0.0.1');
    const scope = '123456789012/20260101/us-east-1/dynamodb/aws4_request';
    const signature = `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    const head = `POST / HTTP/1.1\r\n${signature}\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: ${body.length}\r\n`;
    socket.write(`${head}Content-Type: application/x-amz-json-1.0\r\n\r\n${sent}`);
    await systemClock.sleep(20);
    socket.resetAndDestroy();
  }
  const [pid] = tables.childPids();
  await put(db, 'after');
  expect(await get(db, 'after')).toMatchObject({ id: { S: 'after' } });
  expect(tables.childPids()).toEqual([pid]);
});

test('the child ends when its parent is killed, and another parent opens the same folder', async () => {
  const { fork } = await import('node:child_process');
  const { createRequire } = await import('node:module');
  const { pathToFileURL } = await import('node:url');
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = path.join(dataDirectory, 'parent.mts');
  const { writeFileSync } = await import('node:fs');
  const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  writeFileSync(
    script,
    `import { TableProcesses } from ${here('./table-processes.ts')};
import { systemClock } from ${here('../platform/clock.ts')};
import { silentLogger } from ${here('../platform/logger.ts')};
const processes = new TableProcesses({ dataDirectory: process.argv[2], clock: systemClock, logger: silentLogger });
await processes.send('ListTables', Buffer.from('{}'), { account: '123456789012', region: 'us-east-1' });
process.send(processes.pids());
setInterval(() => {}, 1000);`,
  );
  const parent = fork(script, [dataDirectory], { execArgv: ['--import', tsx] });
  const [childPid] = await new Promise<number[]>((resolve) =>
    parent.once('message', (pids) => resolve(pids as number[])),
  );
  expect(readFileSync(`/proc/${childPid}/cmdline`, 'utf8')).toContain('child');
  parent.kill('SIGKILL');
  // Opening waits for the lock of the dying child.
  await createTable(client());
  while (isAlive(childPid!)) await systemClock.sleep(20);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
