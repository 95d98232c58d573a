import type { Clock } from '../../platform/clock.ts';
import type { Versioned } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { CanaryRecord } from '../model.ts';
import type { CanarySchedule } from '../schedule.ts';
import type { CanaryStore } from '../store.ts';

/** What the operations of Synthetics work with. */
export interface CanaryContext {
  readonly store: CanaryStore;
  readonly schedule: CanarySchedule;
  readonly clock: Clock;
}

export async function findCanary(
  context: CanaryContext,
  scope: AccountRegion,
  name: string,
): Promise<Versioned<CanaryRecord>> {
  const found = await context.store.find(scope, name);
  if (!found) throw awsError('ResourceNotFoundException', `Canary not found: ${name}`, 404);
  return found;
}
