import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';

/** What hatoba answers on a task's own listeners; main makes it from the other planes' doors. */
export interface TaskEndpoints {
  /** 127.0.0.1:4566 in the task: the AWS endpoint, enforced with the task's role. */
  gateway(request: IncomingMessage, response: ServerResponse, workload: WorkloadIdentity): void;
  /** The address to give in the environment where tasks share the host's network, e.g. `http://127.0.0.1:4566`. */
  readonly gatewayUrl: () => string;
  readonly xrayDaemonAddress: () => string;
  readonly otlpHttpUrl: () => string;
}

/** The door of the compute plane (ECS). */
export interface Compute extends Plane {
  /** Why the task network is what it is, in one line: for `ready`, `status` and the console. */
  readonly network: { readonly mode: 'namespace' | 'loopback'; readonly reason: string };
  readonly runtime: 'process' | 'docker' | 'fake';
}
