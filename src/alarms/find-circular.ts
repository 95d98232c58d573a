import { childrenOf, parseRule } from './composite-rule.ts';
import type { Alarm } from './model.ts';

/**
 * ARNs of the composite alarms that watch themselves, directly or through others: what they are depends on what they
 * are, so that evaluating them would never end. `alarms` are those of one account and region, by name and by ARN.
 */
export function findCircular(alarms: ReadonlyMap<string, Alarm>): Set<string> {
  const children = new Map<string, string[]>();
  for (const alarm of alarms.values()) {
    if (alarm.kind !== 'composite' || children.has(alarm.arn)) continue;
    const named = childrenOf(parseRule(alarm.configuration.AlarmRule ?? 'FALSE'));
    const composites = named.flatMap((name) => alarms.get(name) ?? []).filter(({ kind }) => kind === 'composite');
    children.set(alarm.arn, [...new Set(composites.map(({ arn }) => arn))]);
  }
  return new Set([...children.keys()].filter((arn) => reaches(arn, children)));
}

/** Whether the way down from an alarm leads back to it. */
function reaches(start: string, children: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const waiting = [...(children.get(start) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === start) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...(children.get(next) ?? []));
  }
  return false;
}
