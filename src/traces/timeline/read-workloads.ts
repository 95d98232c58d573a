import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { type TraceId, toXrayTraceId } from '../model.ts';
import { hintCondition } from '../store.ts';

/** What served one kind of segment. Texts are empty where nothing tells. */
export interface TraceWorkload {
  /** Name of the segments. */
  readonly name: string;
  readonly cluster: string;
  /** ECS service. */
  readonly service: string;
  /** ARN. */
  readonly task: string;
  /** `family:7`. */
  readonly revision: string;
}

/** When a trace was and who took part in it. */
export interface TraceWorkloads {
  readonly traceId: string;
  readonly start: Date;
  readonly end: Date;
  readonly workloads: readonly TraceWorkload[];
}

const workloadsMax = 500;

interface Row {
  readonly documents: string;
  readonly first: string;
  readonly last: string;
  readonly workloads: readonly [name: string, cluster: string, service: string, task: string, revision: string][];
}

/** Undefined when nothing of the trace is stored. Of more than 500 kinds of segments the others are left out. */
export async function readTraceWorkloads(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  now: Date,
): Promise<TraceWorkloads | undefined> {
  const read = async (hint: string) => {
    const [row] = await telemetry.query<Row>(
      `SELECT count() AS documents, toUnixTimestamp64Micro(min(start)) AS first, toUnixTimestamp64Micro(max(end)) AS last,
         groupUniqArrayIf(${workloadsMax})((name, cluster, service, task, revision), kind = 'segment') AS workloads
       FROM segments WHERE account = {account:String} AND region = {region:String} AND trace_id = {traceId:String} ${hint}`,
      { account: scope.account, region: scope.region, traceId },
      { timeoutMs: 30_000 },
    );
    return row && Number(row.documents) > 0 ? row : undefined;
  };
  const hint = hintCondition([traceId], now);
  const row = (await read(hint)) ?? (hint === '' ? undefined : await read(''));
  if (!row) return undefined;
  return {
    traceId: toXrayTraceId(traceId),
    start: new Date(Number(row.first) / 1000),
    end: new Date(Number(row.last) / 1000),
    workloads: row.workloads.map(([name, cluster, service, task, revision]) => ({
      name,
      cluster: cluster || clusterOf(task),
      service,
      task,
      revision,
    })),
  };
}

/** `arn:aws:ecs:<region>:<account>:task/<cluster>/<task>` names it. */
const clusterOf = (taskArn: string): string => /:task\/([^/]+)\/[^/]+$/.exec(taskArn)?.[1] ?? '';
