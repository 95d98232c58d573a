import type { Compute } from './compute/index.ts';
import type { Principal, WorkloadIdentity } from './wire/aws/call-context.ts';

/** Who a task is when it calls without a key that hatoba issued: its role, in a session named after the task. */
export async function taskPrincipal(
  compute: Pick<Compute, 'taskRoleArn'>,
  workload: WorkloadIdentity,
): Promise<Principal | undefined> {
  const roleArn = compute.taskRoleArn(workload.taskArn);
  if (roleArn === undefined) return undefined;
  const account = roleArn.split(':')[4] ?? workload.account;
  const roleName = roleArn.split('/').at(-1) ?? '';
  const session = workload.taskArn.split('/').at(-1) ?? '';
  return {
    kind: 'assumed-role',
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`,
    userId: `${roleName}:${session}`,
    roleArn,
  };
}
