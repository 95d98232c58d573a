import { createHash, randomInt } from 'node:crypto';
import type { AccountRegion } from '../wire/aws/call-context.ts';

/** ARNs of the ECS resources, and the ids inside them. */

export const ecsArn = (scope: AccountRegion, resource: string): string =>
  `arn:aws:ecs:${scope.region}:${scope.account}:${resource}`;

/** The part after the last slash: what calls accept in place of a full ARN. */
export const lastPart = (idOrArn: string): string => idOrArn.slice(idOrArn.lastIndexOf('/') + 1);

/** `ecs-svc/<19 digits>`. */
export const newDeploymentId = (): string => `ecs-svc/${newDigits()}`;

export function newDigits(): string {
  const high = randomInt(1_000_000_000, 9_000_000_000);
  const low = randomInt(0, 1_000_000_000);
  return `${high}${String(low).padStart(9, '0')}`;
}

/** This machine in one cluster: the same id every time, without being written down. */
export function containerInstanceArn(scope: AccountRegion, clusterName: string, machineId: string): string {
  const id = createHash('sha256').update(`${machineId}/${scope.account}/${scope.region}/${clusterName}`).digest('hex');
  return ecsArn(scope, `container-instance/${clusterName}/${id.slice(0, 32)}`);
}

/** The task's id: 32 hex digits. */
export const taskIdOfArn = (arn: string): string => lastPart(arn);
