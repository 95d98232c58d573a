import { useMemo } from 'react';
import { lastPart } from '../../parts/arn.ts';
import type { BuiltTrace } from './build-trace.ts';

export interface TaskOfTrace {
  arn: string;
  id: string;
  cluster: string;
  service: string;
}

/** Every task that took part in the trace, as far as its segments tell. */
export function useTasksOfTrace({ tasks }: BuiltTrace): TaskOfTrace[] {
  return useMemo(
    () => tasks.map(({ arn, service }) => ({ arn, service, id: lastPart(arn), cluster: arn.split('/').at(-2) ?? '' })),
    [tasks],
  );
}
