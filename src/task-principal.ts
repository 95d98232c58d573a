import type { Compute } from './compute/index.ts';
import type { Identity } from './identity/index.ts';
import type { Principal, WorkloadIdentity } from './wire/aws/call-context.ts';

/** Who a task is when it calls without a key that hatoba issued: its role, in a session named after the task. */
export async function taskPrincipal(
  compute: Pick<Compute, 'taskRoleArn'>,
  identity: Pick<Identity, 'rolePrincipal'>,
  workload: WorkloadIdentity,
): Promise<Principal | undefined> {
  const roleArn = compute.taskRoleArn(workload.taskArn);
  if (roleArn === undefined) return undefined;
  return identity.rolePrincipal(roleArn, workload.taskArn.split('/').at(-1) ?? '');
}
