import type { AwsClients } from '../aws-clients.ts';
import { shop } from './shop-names.ts';

const trustTasks = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

export async function createExecutionRole(clients: AwsClients): Promise<void> {
  const iam = await clients.iam();
  await unlessExists(iam.createRole({ RoleName: 'shop-execution', AssumeRolePolicyDocument: trustTasks }));
  await iam.attachRolePolicy({
    RoleName: 'shop-execution',
    PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
  });
}

/** The backends' task role. A policy that a drill has detached stays detached: only the first call attaches it. */
export async function createBackendRole(
  clients: AwsClients,
  scope: { account: string; region: string },
): Promise<void> {
  const iam = await clients.iam();
  const created = await unlessExists(
    iam.createRole({ RoleName: shop.backendRole, AssumeRolePolicyDocument: trustTasks }),
  );
  await unlessExists(
    iam.createPolicy({
      PolicyName: shop.backendPolicy,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'dynamodb:PutItem',
            Resource: `arn:aws:dynamodb:${scope.region}:${scope.account}:table/${shop.table}`,
          },
        ],
      }),
    }),
  );
  if (!created) return;
  await iam.attachRolePolicy({ RoleName: shop.backendRole, PolicyArn: backendPolicyArn(scope.account) });
  await iam.attachRolePolicy({
    RoleName: shop.backendRole,
    PolicyArn: 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess',
  });
}

export const backendPolicyArn = (account: string): string => `arn:aws:iam::${account}:policy/${shop.backendPolicy}`;

async function unlessExists<Output>(call: Promise<Output>): Promise<Output | undefined> {
  try {
    return await call;
  } catch (error) {
    if (/EntityAlreadyExists/.test((error as Error).name)) return undefined;
    throw error;
  }
}
