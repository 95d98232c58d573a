import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Plane, ServiceTable } from '../wire/aws/service-table.ts';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmSummary extends AccountRegion {
  readonly arn: string;
  readonly name: string;
  readonly state: AlarmStateValue;
  readonly reason: string;
  readonly changedAt: Date;
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The door of the alarms plane. Its operations belong to the service `cloudwatch`, next to those of metrics. */
export interface Alarms extends Plane {
  readonly services: readonly ServiceTable[];
  alarms(scope: AccountRegion): Promise<AlarmSummary[]>;
  /** State transitions, newest last; alarms act on nothing themselves. Returns the way to stop it. */
  watch(onTransition: (alarm: AlarmSummary, previous: AlarmStateValue) => void): () => void;
}
