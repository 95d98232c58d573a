import type { TaskOverride } from '@aws-sdk/client-ecs';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { PassedRole } from '../../wire/aws/service-table.ts';
import type { ComputeStore } from '../store.ts';
import { findDefinition } from './resolve.ts';

interface Roles {
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
}

/**
 * Roles that a call lets tasks use: those of a definition that is registered, and those that a task is run with. A
 * service runs a definition that somebody has registered, and passes nothing itself.
 */
export function passedRoles(
  store: ComputeStore,
  operation: string,
  input: Roles & { readonly taskDefinition?: string; readonly overrides?: TaskOverride },
  scope: AccountRegion,
): PassedRole[] {
  const roles = (() => {
    switch (operation) {
      case 'RegisterTaskDefinition':
        return input;
      case 'RunTask':
      case 'StartTask': {
        const content = findDefinition(store, scope, input.taskDefinition ?? '')?.content;
        return {
          taskRoleArn: input.overrides?.taskRoleArn ?? content?.taskRoleArn,
          executionRoleArn: input.overrides?.executionRoleArn ?? content?.executionRoleArn,
        };
      }
      default:
        return {};
    }
  })();
  const arns = [roles.taskRoleArn, roles.executionRoleArn].flatMap((one) => roleArn(scope, one) ?? []);
  return [...new Set(arns)].map((one) => ({ roleArn: one, service: 'ecs-tasks.amazonaws.com' }));
}

/** A role's name or ARN as an ARN. */
export function roleArn(scope: AccountRegion, nameOrArn: string | undefined): string | undefined {
  if (!nameOrArn) return undefined;
  return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:iam::${scope.account}:role/${nameOrArn}`;
}
