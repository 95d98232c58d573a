import { expect, test } from 'vitest';
import { createMetrics, type Metrics } from '../metrics/index.ts';
import { ManualClock } from '../platform/clock.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { makeSegment, putDocuments } from '../traces/acceptance/plane-client.fixture.ts';
import { startTestPlane } from '../traces/test-plane.fixture.ts';
import { createAlarms } from './index.ts';

test('an alarm on any filter expression: by its group in CloudWatch, or by the expression itself', async () => {
  const clock = new ManualClock(new Date('2026-03-01T12:00:00Z'));
  let metrics!: Metrics;
  const plane = await startTestPlane(
    { insights: false },
    { clock, metricsOf: (stores) => (metrics = createMetrics({ ...stores, logger })) },
  );
  const alarms = createAlarms({ state: plane.state, metrics, traces: plane.traces, clock, logger, notifications: [] });
  await metrics.start();
  await alarms.start();
  const call = async (operation: string, input: object): Promise<any> =>
    alarms.services[0]!.handlers[operation]!(input, plane.context);
  const stateOf = async (AlarmName: string) =>
    (await call('DescribeAlarms', { AlarmNames: [AlarmName] })).MetricAlarms[0].StateValue;
  const FilterExpression = 'fault AND service("pay")';
  const put = (AlarmName: string, more: object) =>
    call('PutMetricAlarm', {
      AlarmName,
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Statistic: 'Sum',
      Threshold: 2,
      ...more,
    });
  try {
    await plane.xray.CreateGroup({ GroupName: 'payments', FilterExpression }, plane.context);
    const group = [{ Name: 'GroupName', Value: 'payments' }];
    await put('by-group', { Namespace: 'AWS/X-Ray', MetricName: 'FaultCount', Dimensions: group });
    await put('by-latency', {
      Namespace: 'AWS/X-Ray',
      MetricName: 'ResponseTime',
      Dimensions: group,
      Statistic: undefined,
      ExtendedStatistic: 'p95',
      Threshold: 0.5,
    });
    await put('by-expression', {
      Namespace: 'Hatoba/Traces',
      MetricName: 'TraceCount',
      Dimensions: [{ Name: 'FilterExpression', Value: FilterExpression }],
    });
    await expect(
      put('wrong', {
        Namespace: 'Hatoba/Traces',
        MetricName: 'TraceCount',
        Dimensions: [{ Name: 'FilterExpression', Value: 'fault AND AND' }],
      }),
    ).rejects.toMatchObject({ code: 'ValidationError', message: expect.stringMatching(/position/) });
    const wrongMaths = (Expression: string) =>
      call('PutMetricAlarm', {
        AlarmName: 'maths',
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 2,
        Metrics: [
          {
            Id: 'm1',
            MetricStat: { Metric: { Namespace: 'A', MetricName: 'B' }, Period: 60, Stat: 'Sum' },
            ReturnData: false,
          },
          { Id: 'e1', Expression },
        ],
      });
    for (const Expression of ['m1 +', 'm9 * 2', 'AVG(m1)', 'NONE(m1)', '[m1, m1]'])
      await expect(wrongMaths(Expression), Expression).rejects.toMatchObject({ code: 'ValidationError' });
    await wrongMaths('IF(m1 > 5, m1, FILL(m1, 0)) / PERIOD(m1)');
    await expect
      .poll(
        async () => {
          const at = clock.now().getTime() / 1000;
          await putDocuments(plane, makeSegment(at, 0.8, 'pay', { fault: true }), makeSegment(at, 0.1, 'search'));
          clock.advance(5_000);
          return Promise.all(['by-group', 'by-latency', 'by-expression'].map(stateOf));
        },
        { timeout: 60_000, interval: 50 },
      )
      .toEqual(['ALARM', 'ALARM', 'ALARM']);
  } finally {
    await alarms.stop();
    await metrics.stop();
    await plane.stop();
  }
}, 90_000);
