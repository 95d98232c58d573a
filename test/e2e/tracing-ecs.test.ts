import { hostname } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { XRay } from '@aws-sdk/client-xray';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/demo-process.ts';
import { startHatoba } from '../support/hatoba-process.ts';
import { clientSettings } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

// A segment of a task: what its SDK says of the container leads to the task, and the task to its log stream, whose lines
// stand beside the trace whether they name it or not.

interface Line {
  readonly message: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

const networks =
  isRoot && process.platform === 'linux' ? (['loopback', 'namespace'] as const) : (['loopback'] as const);

describe.each(networks)('network: %s', (network) => {
  test('from the host name in the document to the task, its log stream and its lines', async () => {
    const hatoba = await startHatoba({ args: ['--network', network] });
    const settings = clientSettings(hatoba);
    const [ecs, xray, logs, ec2] = [
      new ECS(settings),
      new XRay(settings),
      new CloudWatchLogs(settings),
      new EC2(settings),
    ];
    try {
      await ecs.createCluster({ clusterName: 'traced' });
      await ecs.registerTaskDefinition({
        family: 'traced',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          {
            name: 'app',
            image: 'node',
            command: [process.execPath, join(import.meta.dirname, 'apps/ecs-traced.cjs')],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': '/ecs/traced',
                'awslogs-region': 'us-east-1',
                'awslogs-stream-prefix': 'p',
                'awslogs-create-group': 'true',
              },
            },
          },
        ],
      });
      const subnets = (await ec2.describeSubnets({})).Subnets!.map(({ SubnetId }) => SubnetId!);
      // Two of them: neither may be taken for the other.
      const { tasks: started = [] } = await ecs.runTask({
        cluster: 'traced',
        taskDefinition: 'traced',
        launchType: 'FARGATE',
        count: 2,
        networkConfiguration: { awsvpcConfiguration: { subnets: subnets.slice(0, 1) } },
      });
      const taskArns = started.map(({ taskArn }) => taskArn!);
      const readSegments = async (taskArn: string) => {
        const { TraceSummaries = [] } = await xray.getTraceSummaries({
          StartTime: new Date(Date.now() - 600_000),
          EndTime: new Date(Date.now() + 60_000),
          FilterExpression: 'service("in-a-task")',
        });
        const { Traces = [] } = await xray.batchGetTraces({
          TraceIds: TraceSummaries.slice(0, 20).map(({ Id }) => Id!),
        });
        const found = Traces.flatMap(({ Segments = [] }) => Segments.map(({ Document }) => JSON.parse(Document!)));
        return found.filter(({ aws }) => aws?.ecs?.task_arn === taskArn && aws.ecs.container);
      };
      for (const taskArn of taskArns) {
        const [document] = await until(
          'a segment of the task, with what the plugin knows',
          async () => {
            const found = await readSegments(taskArn);
            return found.length > 0 && found;
          },
          { timeoutMs: 90_000 },
        );
        expect(document.origin).toBe('AWS::ECS::Container');
        // The name that the SDK wrote is the host's of that very task.
        const { tasks: [task] = [] } = await ecs.describeTasks({ cluster: 'traced', tasks: [taskArn] });
        const address = task!.containers![0]!.networkInterfaces?.[0]?.privateIpv4Address ?? '';
        const named = document.aws.ecs.container as string;
        if (network === 'namespace') expect(named.split('.')[0]).toBe(`ip-${address.replaceAll('.', '-')}`);
        else expect(named).toBe(hostname());

        const taskId = taskArn.split('/').at(-1)!;
        const readLines = async (segment: typeof document) => {
          const query = new URLSearchParams({
            account: '000000000000',
            region: 'us-east-1',
            traceId: segment.trace_id,
            start: String(Math.floor(segment.start_time * 1000)),
            end: String(Math.ceil(segment.end_time * 1000)),
            task: segment.aws.ecs.task_arn,
          });
          const answer = await fetch(`${hatoba.url}/_hatoba/logs/trace?${query}`);
          return ((await answer.json()) as { events: Line[] }).events;
        };
        // A line that names nothing belongs to a trace by its time, which is when the file was seen to have changed: on a
        // machine that is too busy to look within a second, only later ones are right.
        const lines = await until('both lines beside a trace', async () => {
          for (const segment of await readSegments(taskArn)) {
            const events = await readLines(segment);
            const texts = events.map(({ message }) => message);
            const isBoth = ['a line that names nothing', `work of ${segment.trace_id}`].every((text) =>
              texts.includes(text),
            );
            if (isBoth) return events;
          }
          return false;
        });
        for (const line of lines) {
          expect(line).toMatchObject({ logGroupName: '/ecs/traced', logStreamName: `p/app/${taskId}` });
        }
        const { logStreams = [] } = await logs.describeLogStreams({ logGroupName: '/ecs/traced' });
        expect(logStreams.map(({ logStreamName }) => logStreamName)).toContain(lines[0]!.logStreamName);
      }
    } finally {
      for (const client of [ecs, xray, logs, ec2]) client.destroy();
      await hatoba.stop();
    }
  });
});
