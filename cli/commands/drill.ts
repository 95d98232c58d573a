import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { shop } from '../demo/shop-names.ts';
import { backendPolicyArn } from '../demo/shop-roles.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';

interface DrillOptions extends ConnectionOptions {
  undo?: boolean;
}

const drills: Readonly<Record<string, (clients: AwsClients, account: string, undo: boolean) => Promise<void>>> = {
  'slow-backend': slowBackend,
  'revoke-permission': revokePermission,
};

/** Breaks the running shop through public APIs, or puts it right again. */
export async function drill(name: string, options: DrillOptions): Promise<void> {
  const run = Object.hasOwn(drills, name) ? drills[name] : undefined;
  if (!run) throw new CommandError(`there is no drill ${name}; there are ${Object.keys(drills).join(' and ')}`);
  const connection = connectionFrom(options);
  const clients = awsClients(connection);
  const { services = [] } = await (await clients.ecs())
    .describeServices({ cluster: shop.cluster, services: ['backend2'] })
    .catch((error: Error) => {
      if (error.name === 'ClusterNotFoundException') return { services: [] };
      throw error;
    });
  if (services.length === 0) throw new CommandError('the shop does not run here; start it with: npm run demo');
  await run(clients, connection.account, options.undo === true);
}

/** A new revision of backend2 that waits five seconds before it writes, rolled out like any new version. */
async function slowBackend(clients: AwsClients, _account: string, undo: boolean): Promise<void> {
  const ecs = await clients.ecs();
  const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: 'shop-backend2' });
  const container = taskDefinition!.containerDefinitions![0]!;
  const environment = (container.environment ?? []).filter((variable) => variable.name !== 'WRITE_DELAY_MS');
  if (!undo) environment.push({ name: 'WRITE_DELAY_MS', value: '5000' });
  const registered = await ecs.registerTaskDefinition({
    ...pickRegistrable(taskDefinition as Record<string, unknown>),
    containerDefinitions: [{ ...container, environment }],
  } as RegisterTaskDefinitionCommandInput);
  const revision = registered.taskDefinition!.revision;
  await ecs.updateService({ cluster: shop.cluster, service: 'backend2', taskDefinition: `shop-backend2:${revision}` });
  const { waitUntilServicesStable } = await import('@aws-sdk/client-ecs');
  console.log(`backend2: revision ${revision} is being rolled out`);
  await waitUntilServicesStable(
    { client: ecs, maxWaitTime: 180, minDelay: 1, maxDelay: 1 },
    { cluster: shop.cluster, services: ['backend2'] },
  ).catch((error: Error) => {
    if (error.name !== 'TimeoutError') throw error;
    throw new CommandError(
      'backend2 did not become stable within 3 minutes; its events say why: aws ecs describe-services --cluster shop --services backend2',
    );
  });
  console.log(
    undo ? 'backend2 is as quick as before.' : 'Something is slow now. The console shows what: start at the overview.',
  );
}

/** The policy that lets the backends write to their table is detached from their role. */
async function revokePermission(clients: AwsClients, account: string, undo: boolean): Promise<void> {
  const iam = await clients.iam();
  const policy = { RoleName: shop.backendRole, PolicyArn: backendPolicyArn(account) };
  if (undo) {
    await iam.attachRolePolicy(policy);
    console.log('The backends may write to their table again.');
    return;
  }
  await iam.detachRolePolicy(policy).catch((error: Error) => {
    if (!/NoSuchEntity/.test(error.name)) throw error;
  });
  console.log('The page still answers 200, but something is wrong. The console shows what: start at the overview.');
}

function pickRegistrable(definition: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = [
    'family',
    'taskRoleArn',
    'executionRoleArn',
    'networkMode',
    'volumes',
    'placementConstraints',
    'requiresCompatibilities',
    'cpu',
    'memory',
    'pidMode',
    'ipcMode',
    'runtimePlatform',
  ];
  return Object.fromEntries(
    names.filter((name) => definition[name] !== undefined).map((name) => [name, definition[name]]),
  );
}
