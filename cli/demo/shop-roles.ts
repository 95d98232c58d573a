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

const daemonPolicyArn = 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess';

/**
 * The backends' task role. A policy that a drill has detached stays detached: it is attached only while the other one,
 * which comes after it and which no drill takes away, is not.
 */
export async function createBackendRole(
  clients: AwsClients,
  scope: { account: string; region: string },
): Promise<void> {
  const iam = await clients.iam();
  await unlessExists(iam.createRole({ RoleName: shop.backendRole, AssumeRolePolicyDocument: trustTasks }));
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
  const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName: shop.backendRole });
  if (AttachedPolicies.some(({ PolicyArn }) => PolicyArn === daemonPolicyArn)) return;
  await iam.attachRolePolicy({ RoleName: shop.backendRole, PolicyArn: backendPolicyArn(scope.account) });
  await iam.attachRolePolicy({ RoleName: shop.backendRole, PolicyArn: daemonPolicyArn });
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
