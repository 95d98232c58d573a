import type { TargetState } from '../index.ts';
import type { Target, TargetGroup } from '../model.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** A registered target as the proxy and the health checks see it: what is in flight, what it answered last. */
export class LiveTarget {
  readonly key: string;
  resource: Target;
  state: TargetState = 'initial';
  reason = 'Elb.RegistrationInProgress';
  description = 'Target registration is in progress';
  /** Checks in a row that passed or failed, whichever was last. */
  passed = 0;
  failed = 0;
  /** Since when it gets traffic, on the monotonic clock; for slow start. */
  healthySinceMs = 0;
  nextCheckAtMs = 0;
  checking = false;
  inFlight = 0;
  readonly pool: UpstreamPool;

  constructor(key: string, resource: Target, group: TargetGroup) {
    this.key = key;
    this.resource = resource;
    this.pool = new UpstreamPool(targetAddress(resource), resource.port, group.protocol === 'HTTPS');
  }
}

/** Instance targets are this machine: hatoba is the container instance of every cluster. */
export const targetAddress = (target: Target): string => (target.id.startsWith('i-') ? '127.0.0.1' : target.id);
