import type { Clock } from '../../platform/clock.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Machine } from '../agent/machine.ts';
import type { TrafficDoor } from '../agent/task-targets.ts';
import type { ComputeStore } from '../store.ts';

/** What the operations of this plane use. They write records; the scheduler and the agent act on them. */
export interface ApiDeps {
  readonly store: ComputeStore;
  readonly clock: Clock;
  readonly traffic: TrafficDoor;
  readonly machine: Machine;
}

export type EcsHandlers = Handlers<typeof import('@aws-sdk/client-ecs')>;
