import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MetricPoint, Metrics } from '../metrics/index.ts';
import { ManualClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { InsightUpdate, Traces } from '../traces/index.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import { type Alarms, createAlarms } from './index.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const topic = 'arn:aws:sns:us-east-1:000000000000:ops';

/** Metrics that were put into a list; reads them as the real plane does, for sums. */
function fakeMetrics(data: { name: string; timestampMs: number; value: number }[]): Metrics {
  return {
    record(_scope, _namespace, more) {
      data.push(...more.map(({ name, timestampMs, value = 0 }) => ({ name, timestampMs, value })));
    },
    async readData(_scope, queries, start, end) {
      const wrong = queries.find((query) => broken.has(query.MetricStat?.Metric?.MetricName ?? ''));
      if (wrong) throw awsError('InvalidParameterValueException', `Error in '${wrong.Id}'`);
      return queries.map((query) => {
        const { Metric, Period = 60, Stat } = query.MetricStat!;
        const sums = new Map<number, number>();
        for (const datum of data) {
          if (
            datum.name !== Metric?.MetricName ||
            datum.timestampMs < start.getTime() ||
            datum.timestampMs >= end.getTime()
          )
            continue;
          const at =
            start.getTime() + Math.floor((datum.timestampMs - start.getTime()) / (Period * 1000)) * Period * 1000;
          sums.set(at, (sums.get(at) ?? 0) + (Stat === 'SampleCount' ? 1 : datum.value));
        }
        const points: MetricPoint[] = [...sums].map(([timestampMs, value]) => ({ timestampMs, value }));
        return { id: query.Id ?? '', label: '', points };
      });
    },
  } as Metrics;
}

let directory: string;
let state: StateStore;
let clock: ManualClock;
let alarms: Alarms;
let data: { name: string; timestampMs: number; value: number }[];
let received: { body: any; id: string }[];
let answers: number[];
/** Names of metrics that cannot be read. */
let broken: Set<string>;
let server: http.Server;
let tellInsight: (update: InsightUpdate) => Promise<void>;

const call = async (operation: string, input: object): Promise<any> =>
  alarms.services[0]!.handlers[operation]!(input, scope as never);

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-alarms-'));
  clock = new ManualClock(new Date('2026-11-22T01:00:00Z'));
  state = openSqliteStateStore(directory, () => clock.now());
  [data, received, answers] = [[], [], []];
  broken = new Set();
  server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.statusCode = answers.shift() ?? 200;
    if (response.statusCode === 200) received.push({ body: JSON.parse(body), id: `${request.headers['webhook-id']}` });
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open();
  await alarms.start();
});

function open(): void {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  alarms = createAlarms({
    state,
    metrics: fakeMetrics(data),
    traces: {
      countTraces: async () => [{ timestampMs: clock.now().getTime() - 90_000, count: 7 }],
      whyNotCountable: async (_scope: object, filter: string) =>
        filter === 'fault' ? undefined : 'This is wrong at position 1.',
      watchInsights: (watcher: typeof tellInsight) => {
        tellInsight = watcher;
        return () => {};
      },
    } as unknown as Traces,
    clock,
    logger: silentLogger,
    notifications: [
      { name: 'ops', kind: 'slack', url },
      { name: 'hook', kind: 'webhook', url },
    ],
  });
}

afterEach(async () => {
  await alarms.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await state.close();
  rmSync(directory, { recursive: true, force: true });
});

const cpuAlarm = (more: object = {}) => ({
  ...{
    AlarmName: 'cpu/high',
    Namespace: 'Shop',
    MetricName: 'Cpu',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
  },
  ...{ Threshold: 5, ComparisonOperator: 'GreaterThanThreshold', AlarmActions: [topic] },
  ...more,
});

/** Moves time on until the condition holds; each step lets the loop run. */
async function passTime(condition: () => Promise<boolean>): Promise<void> {
  await expect
    .poll(
      async () => {
        clock.advance(10_000);
        await new Promise((resolve) => setImmediate(resolve));
        return condition();
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);
}

const stateOf = async (name: string): Promise<string> =>
  (await call('DescribeAlarms', { AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] })).MetricAlarms[0]
    ?.StateValue;
const historyOf = async (name: string): Promise<string[]> =>
  (await call('DescribeAlarmHistory', { AlarmName: name, ScanBy: 'TimestampAscending' })).AlarmHistoryItems.map(
    (item: any) => item.HistorySummary,
  );

test('an alarm goes off, tells Slack once, and recovers', async () => {
  const seen: string[] = [];
  alarms.watch((alarm, previous) => seen.push(`${previous} -> ${alarm.state}`));
  await call('PutMetricAlarm', cpuAlarm({ TreatMissingData: 'notBreaching', AlarmDescription: 'a <b> & c' }));
  expect(await stateOf('cpu/high')).toBe('INSUFFICIENT_DATA');
  data.push({ name: 'Cpu', timestampMs: clock.now().getTime() + 30_000, value: 99 });
  await passTime(async () => (await stateOf('cpu/high')) === 'ALARM');
  await passTime(async () => (await stateOf('cpu/high')) === 'OK');
  await expect.poll(() => received.length).toBe(1);
  expect(received[0]!.body.text).toMatch(/^ALARM: cpu\/high \(us-east-1\): Threshold Crossed: 1 datapoint \[99.0/);
  expect(JSON.stringify(received[0]!.body)).toContain('a &lt;b&gt; &amp; c');
  expect(seen.slice(-2)).toEqual(['OK -> ALARM', 'ALARM -> OK']);
  const [alarm] = await alarms.alarms(scope);
  expect(alarm).toMatchObject({
    name: 'cpu/high',
    state: 'OK',
    namespace: 'Shop',
    arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:cpu/high',
  });
  const history = await historyOf('cpu/high');
  expect(history[0]).toBe('Alarm "cpu/high" created');
  expect(history).toContain('Alarm updated from OK to ALARM');
  expect(history).toContain(`Successfully executed action ${topic}`);
});

test('a delivery that fails is tried again; what no target takes is in the history', async () => {
  answers = [500, 429];
  await call(
    'PutMetricAlarm',
    cpuAlarm({ AlarmActions: [topic, 'arn:aws:lambda:us-east-1:0:function:x', 'arn:aws:sns:us-east-1:0:hook'] }),
  );
  await call('SetAlarmState', { AlarmName: 'cpu/high', StateValue: 'ALARM', StateReason: 'by hand' });
  await passTime(async () => received.length === 2);
  const webhook = received.find(({ body }) => body.AlarmName)!;
  expect(webhook.body).toMatchObject({
    NewStateValue: 'ALARM',
    OldStateValue: 'INSUFFICIENT_DATA',
    NewStateReason: 'by hand',
    Trigger: { Statistic: 'SUM' },
  });
  await expect
    .poll(async () => (await historyOf('cpu/high')).filter((summary) => summary.startsWith('Failed')))
    .toEqual(['Failed to execute action arn:aws:lambda:us-east-1:0:function:x']);
});

test('a notification that a crash left behind is delivered by the next process', async () => {
  answers = Array.from({ length: 50 }, () => 503);
  await call('PutMetricAlarm', cpuAlarm());
  await call('SetAlarmState', { AlarmName: 'cpu/high', StateValue: 'ALARM', StateReason: 'before the crash' });
  await expect.poll(() => answers.length).toBeLessThan(50);
  await alarms.stop();
  answers = [];
  open();
  await alarms.start();
  await expect.poll(() => received.length).toBe(1);
  expect(received[0]!.body.text).toContain('before the crash');
});

test('composite alarms follow their children', async () => {
  await call('PutMetricAlarm', cpuAlarm({ AlarmActions: [] }));
  await call('PutCompositeAlarm', {
    AlarmName: 'all',
    AlarmRule: 'ALARM("cpu/high") AND NOT ALARM(nowhere)',
    AlarmActions: [topic],
  });
  await call('PutCompositeAlarm', { AlarmName: 'top', AlarmRule: 'ALARM(all)' });
  data.push({ name: 'Cpu', timestampMs: clock.now().getTime() + 30_000, value: 99 });
  const composite = async (name: string) =>
    (await call('DescribeAlarms', { AlarmNames: [name], AlarmTypes: ['CompositeAlarm'] })).CompositeAlarms[0];
  await passTime(async () => (await composite('top')).StateValue === 'ALARM');
  expect((await composite('all')).StateReason).toMatch(
    /alarm:cpu\/high transitioned to ALARM at Sunday 22 November, 2026/,
  );
  await expect(call('DeleteAlarms', { AlarmNames: ['all'] })).rejects.toMatchObject({
    code: 'ValidationError',
  });
  await call('DeleteAlarms', { AlarmNames: ['all', 'top', 'cpu/high'] });
  expect(await alarms.alarms(scope)).toEqual([]);
});

test('an alarm on the number of traces that a filter selects', async () => {
  await call(
    'PutMetricAlarm',
    cpuAlarm({
      AlarmName: 'traces',
      Namespace: 'Hatoba/Traces',
      MetricName: 'TraceCount',
      Dimensions: [{ Name: 'FilterExpression', Value: 'fault' }],
      AlarmActions: [],
      EvaluationPeriods: 2,
      DatapointsToAlarm: 1,
    }),
  );
  await passTime(async () => (await stateOf('traces')) === 'ALARM');
  const nonsense = { Namespace: 'Hatoba/Traces', Dimensions: [{ Name: 'FilterExpression', Value: 'fault >' }] };
  await expect(call('PutMetricAlarm', cpuAlarm(nonsense))).rejects.toMatchObject({
    code: 'ValidationError',
    message: 'FilterExpression: This is wrong at position 1.',
  });
});

test('an insight is told to every target, again until it arrives, and is counted', async () => {
  answers = [500, 200, 200];
  const update = {
    id: 'insight-1/1',
    ...scope,
    source: 'aws.xray',
    detailType: 'AWS X-Ray Insight Update',
    time: clock.now().toISOString(),
    resources: ['arn:group'],
    detail: { State: 'ACTIVE', Category: 'FAULT', Summary: 'Faults of <b>.', RootCauseServiceId: { Name: 'table' } },
  } as const;
  await tellInsight(update);
  await passTime(async () => received.length === 2);
  const event = received.find(({ body }) => body.source)!;
  expect(event).toMatchObject({
    id: 'insight-1/1/hook',
    body: { 'detail-type': 'AWS X-Ray Insight Update', account: scope.account, detail: { State: 'ACTIVE' } },
  });
  expect(received.find(({ body }) => body.text)!.body.text).toContain(
    'Insight ACTIVE: table (us-east-1): Faults of &lt;b&gt;.',
  );
  await passTime(async () => data.filter(({ name }) => name === 'Invocations').length === 2);
  expect(await state.list('cloudwatch-alarm-notification', '')).toEqual([]);
  answers = [403, 403];
  await tellInsight({ ...update, id: 'insight-1/2' });
  await passTime(async () => data.filter(({ name }) => name === 'FailedInvocations').length === 2);
});

test('actions can be switched off, alarms found by metric, tags kept', async () => {
  await call('PutMetricAlarm', cpuAlarm({ Tags: [{ Key: 'team', Value: 'shop' }] }));
  await call('DisableAlarmActions', { AlarmNames: ['cpu/high'] });
  await call('SetAlarmState', { AlarmName: 'cpu/high', StateValue: 'ALARM', StateReason: 'quiet' });
  expect(await historyOf('cpu/high')).toEqual([
    'Alarm "cpu/high" created',
    'Alarm "cpu/high" updated',
    'Alarm updated from INSUFFICIENT_DATA to ALARM',
  ]);
  const found = await call('DescribeAlarmsForMetric', { Namespace: 'Shop', MetricName: 'Cpu' });
  expect(found.MetricAlarms).toMatchObject([{ AlarmName: 'cpu/high', ActionsEnabled: false, StateValue: 'ALARM' }]);
  const ResourceARN = found.MetricAlarms[0].AlarmArn;
  await call('TagResource', { ResourceARN, Tags: [{ Key: 'tier', Value: '1' }] });
  await call('UntagResource', { ResourceARN, TagKeys: ['team'] });
  expect((await call('ListTagsForResource', { ResourceARN })).Tags).toEqual([{ Key: 'tier', Value: '1' }]);
});

test('an alarm that cannot be evaluated keeps its state and takes no other along', async () => {
  await call('PutMetricAlarm', cpuAlarm({ AlarmName: 'good' }));
  await call('PutMetricAlarm', cpuAlarm({ AlarmName: 'bad', MetricName: 'Gone', TreatMissingData: 'breaching' }));
  broken.add('Gone');
  await call('SetAlarmState', { AlarmName: 'bad', StateValue: 'OK', StateReason: 'by hand' });
  data.push({ name: 'Cpu', timestampMs: clock.now().getTime() + 30_000, value: 99 });
  await passTime(async () => (await stateOf('good')) === 'ALARM');
  expect(await stateOf('bad')).toBe('OK');
  await expect(call('PutMetricAlarm', cpuAlarm({ AlarmName: 'new', MetricName: 'Gone' }))).rejects.toMatchObject({
    code: 'ValidationError',
    message: "Error in 'm1'",
  });
});

test('composite alarms that watch each other stay as they are; those beside them go on', async () => {
  await call('PutCompositeAlarm', { AlarmName: 'a', AlarmRule: 'NOT ALARM(b)' });
  await call('PutCompositeAlarm', { AlarmName: 'b', AlarmRule: 'ALARM(a)' });
  await call('PutCompositeAlarm', { AlarmName: 'self', AlarmRule: 'OK("self") OR INSUFFICIENT_DATA(self)' });
  await call('PutCompositeAlarm', { AlarmName: 'beside', AlarmRule: 'NOT ALARM(a)' });
  const composites = async () =>
    Object.fromEntries((await alarms.alarms(scope)).map(({ name, state: value }) => [name, value]));
  await passTime(async () => (await composites()).beside === 'ALARM');
  expect(await composites()).toEqual({
    a: 'INSUFFICIENT_DATA',
    b: 'INSUFFICIENT_DATA',
    self: 'INSUFFICIENT_DATA',
    beside: 'ALARM',
  });
  expect(await historyOf('a')).toEqual(['Alarm "a" created']);
  // A circle is broken by changing one of its rules.
  await call('PutCompositeAlarm', { AlarmName: 'b', AlarmRule: 'FALSE' });
  await passTime(async () => (await composites()).a === 'ALARM');
});

test('parents and children of an alarm are found whatever their type', async () => {
  await call('PutMetricAlarm', cpuAlarm());
  await call('PutCompositeAlarm', { AlarmName: 'all', AlarmRule: 'ALARM("cpu/high")' });
  await call('PutCompositeAlarm', { AlarmName: 'top', AlarmRule: 'ALARM(all) OR ALARM("cpu/high")' });
  const namesOf = ({ MetricAlarms, CompositeAlarms }: any): string[] =>
    [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName);
  expect(namesOf(await call('DescribeAlarms', { ParentsOfAlarmName: 'cpu/high' }))).toEqual(['all', 'top']);
  expect(namesOf(await call('DescribeAlarms', { ChildrenOfAlarmName: 'top' }))).toEqual(['cpu/high', 'all']);
  expect(namesOf(await call('DescribeAlarms', {}))).toEqual(['cpu/high']);
});

test.each([
  [{ Statistic: undefined }, 'ValidationError'],
  [{ Period: 45 }, 'ValidationError'],
  [{ DatapointsToAlarm: 2 }, 'ValidationError'],
  [{ EvaluationPeriods: 2000 }, 'ValidationError'],
  [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, 'ValidationError'],
  [{ Metrics: [{ Id: 'm' }] }, 'ValidationError'],
  [{ TreatMissingData: 'maybe' }, 'ValidationError'],
])('a bad alarm is refused: %j', async (more, code) => {
  await expect(call('PutMetricAlarm', cpuAlarm(more))).rejects.toMatchObject({ code });
});

test('unknown alarms and bad rules', async () => {
  await expect(call('SetAlarmState', { AlarmName: 'none', StateValue: 'OK', StateReason: '' })).rejects.toMatchObject({
    code: 'ResourceNotFound',
  });
  await expect(call('DeleteAlarms', { AlarmNames: ['none'] })).rejects.toMatchObject({ code: 'ResourceNotFound' });
  await expect(call('PutCompositeAlarm', { AlarmName: 'c', AlarmRule: 'ALARM(' })).rejects.toMatchObject({
    code: 'ValidationError',
  });
});
