import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterEach, describe, expect, test } from 'vitest';
import type { Principal, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { signingHeaders } from '../wire/aws/sigv4/sign-request.ts';
import { send } from './raw-http.fixture.ts';
import { echoServices, startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

let running: TestGateway;
let taskListener: Server | undefined;
afterEach(async () => {
  taskListener?.closeAllConnections();
  taskListener?.close();
  taskListener = undefined;
  await running.stop();
});

const ann: Principal = {
  kind: 'user',
  account: '111122223333',
  arn: 'arn:aws:iam::111122223333:user/team/ann',
  userId: 'AIDAANN',
};
const role: Principal = {
  kind: 'assumed-role',
  account: '111122223333',
  arn: 'arn:aws:sts::111122223333:assumed-role/backend/task-1',
  userId: 'AROA:task-1',
  roleArn: 'arn:aws:iam::111122223333:role/backend',
};
const annKey = { accessKeyId: 'AKIAANN', secretAccessKey: 'ann-secret' };

const giveAnnHerKey = () => running.identity.keys.set('AKIAANN', { ...annKey, principal: ann });
const client = <C>(Client: new (options: any) => C, credentials: object = annKey, endpoint = running.endpoint): C =>
  new Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
const whoAmI = (credentials: object, endpoint?: string) =>
  client(STSClient, credentials, endpoint).send(new GetCallerIdentityCommand({}));
const createCluster = (credentials: object, endpoint?: string) =>
  client(ECSClient, credentials, endpoint).send(new CreateClusterCommand({ clusterName: 'shop' }));

describe('auth: open', () => {
  test('unknown keys and no credentials at all are root; no policy is asked', async () => {
    running = await startTestGateway();
    running.identity.decide = () => ({ allowed: false, explicit: false });
    expect((await whoAmI({ accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' })).Arn).toBe(
      'arn:aws:iam::000000000000:root',
    );
    await createCluster({ accessKeyId: '999988887777', secretAccessKey: 'x' });
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const headers = { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send(running.gateway.port, { method: 'POST', headers, body })).text).toContain(':root</Arn>');
    expect(running.identity.asked).toEqual([]);
  });

  test('a key that hatoba issued must be signed with its secret, and its policies hold', async () => {
    running = await startTestGateway();
    giveAnnHerKey();
    expect((await whoAmI(annKey)).Arn).toBe(ann.arn);
    const wrong = { ...annKey, secretAccessKey: 'guess' };
    await expect(createCluster(wrong)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(whoAmI(wrong)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    running.identity.decide = () => ({ allowed: false, explicit: false });
    await expect(createCluster(annKey)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::111122223333:user/team/ann is not authorized to perform: ecs:CreateCluster on resource: ' +
        'arn:aws:ecs:us-east-1:111122223333:cluster/shop because no identity-based policy allows the ecs:CreateCluster action',
      $metadata: { httpStatusCode: 400 },
    });
    expect(running.identity.asked.at(-1)).toMatchObject({
      principal: ann,
      action: 'ecs:CreateCluster',
      resources: ['arn:aws:ecs:us-east-1:111122223333:cluster/shop'],
      conditions: {
        'aws:SourceIp': '127.0.0.1',
        'aws:PrincipalArn': ann.arn,
        'aws:username': 'ann',
        'aws:RequestedRegion': 'us-east-1',
      },
    });
  });

  test('who may call but not pass the role that the call hands on is refused', async () => {
    const admin = 'arn:aws:iam::111122223333:role/admin';
    const passedRoles = () => [{ roleArn: admin, service: 'ecs-tasks.amazonaws.com' }];
    running = await startTestGateway({}, { services: echoServices.map((table) => ({ ...table, passedRoles })) });
    giveAnnHerKey();
    await createCluster(annKey);
    expect(running.identity.asked.at(-1)).toMatchObject({
      action: 'iam:PassRole',
      resources: [admin],
      conditions: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com', 'aws:PrincipalArn': ann.arn },
    });
    running.identity.decide = (action) =>
      action === 'iam:PassRole' ? { allowed: false, explicit: false } : { allowed: true };
    await expect(createCluster(annKey)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${ann.arn} is not authorized to perform: iam:PassRole on resource: ${admin} because no identity-based policy allows the iam:PassRole action`,
    });
  });

  test('each protocol has its own name for a refusal', async () => {
    running = await startTestGateway();
    giveAnnHerKey();
    running.identity.decide = () => ({ allowed: false, explicit: true });
    await expect(client(EC2Client).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    });
    await expect(
      client(XRayClient).send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [] })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    const put = new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'M', Value: 1 }] });
    await expect(client(CloudWatchClient).send(put)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(running.identity.asked.map(({ action }) => action)).toEqual([
      'ec2:DescribeVpcs',
      'xray:PutTraceSegments',
      'cloudwatch:PutMetricData',
    ]);
  });

  test('an expired key is told so, a temporary one needs its token', async () => {
    running = await startTestGateway();
    const temporary = { ...annKey, sessionToken: 'tok/en==', principal: role };
    running.identity.keys.set('AKIAANN', temporary);
    expect((await whoAmI({ ...annKey, sessionToken: 'tok/en==' })).Arn).toBe(role.arn);
    await expect(whoAmI(annKey)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    running.identity.keys.set('AKIAANN', { ...temporary, expiresAt: new Date(0) });
    await expect(createCluster({ ...annKey, sessionToken: 'tok/en==' })).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    });
  });

  test('a region that is no region is refused: it would become part of keys and folders', async () => {
    running = await startTestGateway();
    const headers = (region: string) => ({
      host: 'localhost',
      'x-amz-target': 'AmazonEC2ContainerServiceV20141113.CreateCluster',
      authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/${region}/ecs/aws4_request, SignedHeaders=host, Signature=0`,
    });
    for (const region of ['..', 'us east', 'US', '%2e%2e', 'x'.repeat(40), '-']) {
      const answer = await send(running.gateway.port, { method: 'POST', headers: headers(region), body: '{}' });
      expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('valid region') });
    }
  });
});

describe('auth: enforce', () => {
  test('only keys that hatoba issued are let in', async () => {
    running = await startTestGateway({ auth: 'enforce' });
    giveAnnHerKey();
    expect((await whoAmI(annKey)).Arn).toBe(ann.arn);
    const unknown = { accessKeyId: '123456789012', secretAccessKey: 'x' };
    await expect(createCluster(unknown)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(whoAmI(unknown)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      $metadata: { httpStatusCode: 403 },
    });
    const unsigned = { host: 'localhost', 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.CreateCluster' };
    const answer = await send(running.gateway.port, { method: 'POST', headers: unsigned, body: '{}' });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('MissingAuthenticationTokenException') });
  });

  test('our own routes ask for a signature, health does not', async () => {
    const routes = [
      { method: 'GET', path: '/_hatoba/events', handle: (_q: any, response: any) => void response.end('secret') },
    ] as const;
    running = await startTestGateway({ auth: 'enforce' }, { routes });
    const get = (path: string) => send(running.gateway.port, { path, headers: { host: 'localhost' } });
    expect(await get('/_hatoba/events')).toMatchObject({ status: 403, text: expect.not.stringContaining('secret') });
    expect((await get('/_hatoba/health')).status).toBe(200);
  });
});

test('a signed request to a route of ours closes when its asker goes', async () => {
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    request.on('close', closed);
    response.write('first');
  };
  const routes = [{ method: 'GET', path: '/_hatoba/events', handle }] as const;
  running = await startTestGateway({ auth: 'enforce' }, { routes });
  giveAnnHerKey();
  const url = new URL('/_hatoba/events', running.endpoint);
  const headers = signingHeaders('GET', url, annKey, { service: 'hatoba', region: 'us-east-1' }, new Date());
  const leave = new AbortController();
  expect((await fetch(url, { headers, signal: leave.signal })).status).toBe(200);
  leave.abort();
  await isClosed;
});

describe("a task's own listener", () => {
  const workload = {
    account: '111122223333',
    region: 'us-east-1',
    taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/shop/1',
  } as WorkloadIdentity;
  async function startTask(rolePrincipalOfTask: () => Promise<Principal | undefined>): Promise<string> {
    const routes = [
      { method: 'GET', path: '/_hatoba/events', handle: (_q: any, response: any) => void response.end('secret') },
    ] as const;
    running = await startTestGateway({}, { rolePrincipalOfTask, routes });
    taskListener = createServer((request, response) => void running.gateway.handle(request, response, workload));
    await new Promise<void>((resolve) => taskListener?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(taskListener.address() as AddressInfo).port}`;
  }

  test('any key that is not ours acts as the role of the task, and is enforced', async () => {
    const endpoint = await startTask(async () => role);
    expect((await whoAmI({ accessKeyId: '999988887777', secretAccessKey: 'x' }, endpoint)).Arn).toBe(role.arn);
    running.identity.decide = (action) =>
      action === 'ecs:CreateCluster' ? { allowed: false, explicit: false } : { allowed: true };
    await expect(createCluster({ accessKeyId: 'any', secretAccessKey: 'x' }, endpoint)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`User: ${role.arn} is not authorized`),
    });
    expect(running.identity.asked.at(-1)?.conditions).toMatchObject({ 'aws:PrincipalArn': role.roleArn });
    expect(running.records.at(-1)).toMatchObject({ taskArn: workload.taskArn, errorCode: 'AccessDeniedException' });
  });

  test('a key that is ours acts as its own principal', async () => {
    const endpoint = await startTask(async () => role);
    giveAnnHerKey();
    expect((await whoAmI(annKey, endpoint)).Arn).toBe(ann.arn);
  });

  test('a task without a role may do nothing', async () => {
    const endpoint = await startTask(async () => undefined);
    await expect(createCluster({ accessKeyId: 'any', secretAccessKey: 'x' }, endpoint)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('has no task role'),
    });
    await expect(whoAmI({ accessKeyId: 'any', secretAccessKey: 'x' }, endpoint)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  test('a task reaches neither console nor our own routes', async () => {
    const endpoint = await startTask(async () => role);
    const port = Number(new URL(endpoint).port);
    for (const path of ['/_hatoba/events', '/console/', '/']) {
      const answer = await send(port, { path, headers: { host: 'localhost', accept: 'text/html' } });
      expect(answer).toMatchObject({ status: 404, text: expect.not.stringContaining('secret') });
    }
  });
});
