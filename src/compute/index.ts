import type { Plane } from '../wire/aws/service-table.ts';

export type { TaskCredentials, TaskEndpoints, TaskMetadata } from './network/task-endpoints.ts';

/** The door of the compute plane (ECS). */
export interface Compute extends Plane {
  /** Why the task network is what it is, in one line: for `ready`, `status` and the console. */
  readonly network: { readonly mode: 'namespace' | 'loopback'; readonly reason: string };
  readonly runtime: 'process' | 'docker' | 'fake';
}
