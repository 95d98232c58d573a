import { useMemo } from 'react';
import { lastPart } from '../../parts/arn.ts';
import type { BuiltTrace } from './build-trace.ts';

export interface TaskOfTrace {
  arn: string;
  id: string;
  cluster: string;
  service: string;
}

/** The task that a segment names in its `aws.ecs` block, in any spelling that SDKs and collectors use. */
export function taskArnOf(aws: Record<string, unknown> | undefined): string | undefined {
  const ecs = aws?.ecs;
  if (ecs === null || typeof ecs !== 'object') return undefined;
  const fields = ecs as Record<string, unknown>;
  const named = fields.task_arn ?? fields.taskArn ?? fields.task;
  if (typeof named === 'string' && named.includes(':task/')) return named;
  const container = fields.container_arn;
  // arn:aws:ecs:region:account:container/<cluster>/<task>/<container>
  const match = typeof container === 'string' ? /^(arn:[^/]*):container\/([^/]+)\/([^/]+)\//.exec(container) : null;
  return match ? `${match[1]}:task/${match[2]}/${match[3]}` : undefined;
}

/** Every task that took part in the trace, as far as its segments tell. */
export function useTasksOfTrace(built: BuiltTrace): TaskOfTrace[] {
  return useMemo(() => {
    const tasks = new Map<string, TaskOfTrace>();
    for (const row of built.rows.values()) {
      const arn = row.kind === 'segment' ? taskArnOf(row.document.aws) : undefined;
      if (!arn) continue;
      tasks.set(arn, { arn, id: lastPart(arn), cluster: arn.split('/').at(-2) ?? '', service: row.service });
    }
    return [...tasks.values()];
  }, [built]);
}
