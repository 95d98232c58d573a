import type { Dimension, GetMetricDataOutput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { CallOperation } from './read-snapshot.ts';
import type { UsageOfTrace } from './trace-context.ts';

interface Used {
  readonly cluster: string;
  readonly service: string;
  readonly taskIds: readonly string[];
}

const periodSeconds = 60;
/** Of a service; beyond that its own highest values must do. */
const tasksMax = 20;
const queriesMax = 500;

/** What is asked of CloudWatch: one service or one of its tasks, CPU or memory. */
interface Question {
  readonly cluster: string;
  readonly service: string;
  readonly task: string | undefined;
  readonly measure: 'cpuPercent' | 'memoryPercent';
}

/**
 * The highest share of its reservation that each task used in the minutes of a span of time. Tasks are measured one by one
 * with enhanced Container Insights; otherwise the service's highest value stands for all of them.
 */
export async function readUsage(
  callOperation: CallOperation,
  scope: AccountRegion,
  services: readonly Used[],
  span: { readonly start: Date; readonly end: Date },
): Promise<UsageOfTrace[]> {
  const questions = services
    .flatMap(({ cluster, service, taskIds }) =>
      [undefined, ...taskIds.slice(0, tasksMax)].flatMap((task) =>
        (['cpuPercent', 'memoryPercent'] as const).map((measure): Question => ({ cluster, service, task, measure })),
      ),
    )
    .slice(0, queriesMax);
  if (questions.length === 0) return [];
  const minuteMs = periodSeconds * 1000;
  const { MetricDataResults = [] } = await callOperation<GetMetricDataOutput>(
    'cloudwatch',
    'GetMetricData',
    {
      MetricDataQueries: questions.map(toQuery),
      StartTime: new Date(Math.floor(span.start.getTime() / minuteMs) * minuteMs),
      EndTime: new Date(Math.floor(span.end.getTime() / minuteMs + 1) * minuteMs),
    },
    scope,
  );
  const used = new Map<string, UsageOfTrace>();
  for (const { Id = '', Values = [] } of MetricDataResults) {
    const question = questions[Number(Id.slice(1))];
    if (!question || Values.length === 0) continue;
    const { cluster, service, task, measure } = question;
    const key = JSON.stringify([cluster, service, task]);
    const known = used.get(key) ?? { cluster, service, ...(task === undefined ? {} : { task }) };
    used.set(key, { ...known, [measure]: Math.max(...Values) });
  }
  const byTask = new Set(
    [...used.values()].flatMap(({ cluster, service, task }) => (task ? [`${cluster}/${service}`] : [])),
  );
  return [...used.values()].filter(({ cluster, service, task }) => task || !byTask.has(`${cluster}/${service}`));
}

function toQuery({ cluster, service, task, measure }: Question, index: number): MetricDataQuery {
  const of = (Name: string, Value: string): Dimension => ({ Name, Value });
  const name = measure === 'cpuPercent' ? 'CPUUtilization' : 'MemoryUtilization';
  const shortName = measure === 'cpuPercent' ? 'TaskCpuUtilization' : 'TaskMemoryUtilization';
  const dimensions = [of('ClusterName', cluster), of('ServiceName', service)];
  return {
    Id: `q${index}`,
    MetricStat: {
      Metric:
        task === undefined
          ? { Namespace: 'AWS/ECS', MetricName: name, Dimensions: dimensions }
          : {
              Namespace: 'ECS/ContainerInsights',
              MetricName: shortName,
              Dimensions: [...dimensions, of('TaskId', task)],
            },
      Period: periodSeconds,
      Stat: 'Maximum',
    },
  };
}
