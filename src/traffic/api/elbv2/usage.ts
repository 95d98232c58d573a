import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { forwardedGroups } from '../../proxy/routing-table.ts';
import type { TrafficStore } from '../../store.ts';

/** Listener ARNs whose default action or rules forward to a target group. */
export function listenersUsing(store: TrafficStore, targetGroupArn: string): string[] {
  const uses = (actions: readonly Action[]): boolean => forwardedGroups(actions).includes(targetGroupArn);
  return [
    ...store
      .list('elbv2/listener')
      .filter(({ value }) => uses(value.defaultActions))
      .map(({ value }) => value.arn),
    ...store
      .list('elbv2/rule')
      .filter(({ value }) => uses(value.actions))
      .map(({ value }) => value.listenerArn),
  ];
}
