import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ECS } from '@aws-sdk/client-ecs';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signingHeaders } from '../../src/wire/aws/sigv4/sign-request.ts';
import { type HatobaProcess, run, runHatoba, startHatoba } from '../support/hatoba-process.ts';
import { describeWith, pythonWith } from '../support/programs.ts';
import { clientSettings } from '../support/undisturbed.ts';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const nobody = 65_534;
const enforce = { args: ['--runtime', 'fake'], env: { HATOBA_AUTH: 'enforce' } };
let hatoba: HatobaProcess;
let root: Key;
let reader: Key;

beforeAll(async () => {
  hatoba = await startHatoba(enforce);
  root = await keyFromEnv();
  const iam = new IAM({ ...clientSettings(hatoba), credentials: { ...root } });
  await iam.createUser({ UserName: 'reader' });
  await iam.putUserPolicy({
    UserName: 'reader',
    PolicyName: 'read',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['ecs:List*', 'hatoba:Read'], Resource: '*' }],
    }),
  });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'reader' });
  reader = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  iam.destroy();
});
afterAll(async () => {
  await hatoba?.stop();
});

/** What `hatoba env` tells the owner of the data directory. */
async function keyFromEnv(): Promise<Key> {
  const { stdout } = await runHatoba(['env', '--data-dir', hatoba.dataDir]);
  const read = (name: string) => new RegExp(`^export ${name}='(.+)'$`, 'm').exec(stdout)?.[1] ?? '';
  return { accessKeyId: read('AWS_ACCESS_KEY_ID'), secretAccessKey: read('AWS_SECRET_ACCESS_KEY') };
}

const wrong = (key: Key): Key => ({ ...key, secretAccessKey: `${key.secretAccessKey}x` });
const stranger: Key = { accessKeyId: '000000000000', secretAccessKey: 'test' };

async function ask(key: Key) {
  const settings = { ...clientSettings(hatoba), credentials: { ...key } };
  const ecs = new ECS(settings);
  const sts = new STS(settings);
  const outcome = async (call: Promise<unknown>) =>
    call.then(
      (value) => value,
      (error: Error) => error.name,
    );
  const answers = {
    arn: await outcome(sts.getCallerIdentity({}).then(({ Arn }) => Arn)),
    clusters: await outcome(ecs.listClusters({}).then(({ clusterArns }) => Array.isArray(clusterArns))),
    create: await outcome(ecs.createCluster({ clusterName: 'mine' }).then(({ cluster }) => cluster?.status)),
  };
  ecs.destroy();
  sts.destroy();
  return answers;
}

describe('SDK v3', () => {
  test('the root key that env prints may do anything', async () => {
    expect(await ask(root)).toEqual({ arn: 'arn:aws:iam::000000000000:root', clusters: true, create: 'ACTIVE' });
  });

  test('a user may do what its policy says', async () => {
    const arn = 'arn:aws:iam::000000000000:user/reader';
    expect(await ask(reader)).toEqual({ arn, clusters: true, create: 'AccessDeniedException' });
  });

  test('a wrong secret and an unknown key may do nothing', async () => {
    for (const key of [wrong(root), wrong(reader)]) {
      expect(await ask(key)).toEqual({
        arn: 'SignatureDoesNotMatch',
        clusters: 'InvalidSignatureException',
        create: 'InvalidSignatureException',
      });
    }
    expect(await ask(stranger)).toEqual({
      arn: 'InvalidClientTokenId',
      clusters: 'UnrecognizedClientException',
      create: 'UnrecognizedClientException',
    });
  });
});

describeWith('python', 'boto3', () => {
  const askPython = async (key: Key) => {
    const { code, stdout, stderr } = await run(
      pythonWith('boto3')!,
      [join(import.meta.dirname, 'apps/whoami_boto3.py')],
      {
        env: {
          ...hatoba.environment(),
          AWS_ACCESS_KEY_ID: key.accessKeyId,
          AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        },
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  test('root, user, wrong secret', async () => {
    expect(await askPython(root)).toMatchObject({ arn: 'arn:aws:iam::000000000000:root', create: 'ACTIVE' });
    expect(await askPython(reader)).toMatchObject({ clusters: expect.any(Number), create: 'AccessDeniedException' });
    expect(await askPython(wrong(root))).toEqual({
      arn: 'SignatureDoesNotMatch',
      clusters: 'InvalidSignatureException',
      create: 'InvalidSignatureException',
    });
  });
});

describe('beside the AWS calls', () => {
  const status = (key?: Key) => {
    const url = new URL('/_hatoba/status', hatoba.url);
    const scope = { service: 'hatoba', region: 'us-east-1' };
    return fetch(url, { headers: key ? signingHeaders('GET', url, key, scope, new Date()) : {} });
  };

  test('our own routes need a signature and a permission', async () => {
    expect((await status(root)).status).toBe(200);
    expect((await status(reader)).status).toBe(200);
    for (const key of [undefined, stranger, wrong(root)]) expect((await status(key)).status).toBe(403);
    expect((await fetch(`${hatoba.url}/_hatoba/health`)).status).toBe(200);
  });

  test('the sampling calls on TCP 2000 are no way around', async () => {
    const answer = await fetch(`http://127.0.0.1:${hatoba.ports.xray}/GetSamplingRules`, {
      method: 'POST',
      body: '{}',
    });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('Missing')]);
  });

  test('the console says what to do instead', async () => {
    const answer = await fetch(`${hatoba.url}/console/`);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('auth: open')]);
  });

  test('the key file is for its owner; the command line uses it and says so without it', async () => {
    const file = join(hatoba.dataDir, 'root-key.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(root);
    const owner = await runHatoba(['status', '--json', '--data-dir', hatoba.dataDir]);
    expect(JSON.parse(owner.stdout)).toMatchObject({ runtime: 'fake' });
    const other = await runHatoba(['env', '--endpoint', hatoba.url]);
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/^hatoba: .* runs with auth: enforce\..*--data-dir/);
  });

  test.skipIf(process.getuid?.() !== 0)('another user of the machine gets no key', async () => {
    const other = await runHatoba(['env', '--data-dir', hatoba.dataDir], { uid: nobody });
    expect([other.code, other.stdout]).toEqual([1, '']);
  });

  test('the key stays the same over a restart', async () => {
    await hatoba.stop();
    hatoba = await startHatoba({ ...enforce, dataDir: hatoba.dataDir });
    expect(await keyFromEnv()).toEqual(root);
    expect(await ask(reader)).toMatchObject({ clusters: true });
  });
});
