import { parseFilterPattern } from './filter/filter-pattern.ts';
import type { LogSelector, StoredLogEvent } from './index.ts';
import type { StoredBatch } from './stored-batch.ts';

/** Which events of a stored batch a tail shows. The stream may be given by its whole name or by a prefix ending in `*`. */
export function selectTailed(selector: LogSelector): (batch: StoredBatch) => readonly StoredLogEvent[] {
  const pattern = selector.filterPattern ? parseFilterPattern(selector.filterPattern) : undefined;
  const prefix = selector.logStreamName?.endsWith('*') ? selector.logStreamName.slice(0, -1) : undefined;
  const isStream = (name: string) =>
    prefix === undefined
      ? selector.logStreamName === undefined || selector.logStreamName === name
      : name.startsWith(prefix);
  return (batch) => {
    const isWanted =
      batch.account === selector.account &&
      batch.region === selector.region &&
      batch.logGroupName === selector.logGroupName &&
      isStream(batch.logStreamName);
    if (!isWanted) return [];
    return pattern ? batch.events.filter((event) => pattern.match(event.message) !== undefined) : batch.events;
  };
}
