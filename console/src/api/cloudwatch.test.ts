import { afterEach, expect, it } from 'vitest';
import { describeAlarms } from './cloudwatch.ts';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

it('alarms of both types are asked for, page by page', async () => {
  const asked: Record<string, unknown>[] = [];
  globalThis.fetch = async (_url, init) => {
    const input = JSON.parse(String(init?.body));
    asked.push(input);
    // As CloudWatch does: metric alarms only, unless types are named.
    const types: string[] = input.AlarmTypes ?? ['MetricAlarm'];
    const composite = types.includes('CompositeAlarm') ? [{ AlarmName: 'all' }] : [];
    const page = input.NextToken
      ? { MetricAlarms: [], CompositeAlarms: composite }
      : { MetricAlarms: [{ AlarmName: 'one' }], CompositeAlarms: [], NextToken: 'more' };
    return new Response(JSON.stringify(page));
  };
  const alarms = await describeAlarms({ account: '000000000000', region: 'us-east-1' }, { AlarmNames: ['one', 'all'] });
  expect(alarms.map((alarm) => alarm.AlarmName)).toEqual(['one', 'all']);
  expect(asked.map((input) => [input.AlarmNames, input.NextToken])).toEqual([
    [['one', 'all'], undefined],
    [['one', 'all'], 'more'],
  ]);
});
