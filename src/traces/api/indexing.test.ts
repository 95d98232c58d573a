import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/clock.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import { Paging } from '../paging/paged-call.ts';
import { PolicyStore } from '../settle/thinning-policy.ts';
import { settingsHandlers } from './settings.ts';

const context = { account: '000000000000', region: 'us-east-1' } as CallContext;

function open(isOn: boolean) {
  const clock = new ManualClock();
  const thinning = new PolicyStore(
    openSqliteStateStore(':memory:', () => clock.now()),
    { isOn },
  );
  const state = openSqliteStateStore(':memory:', () => clock.now());
  const handlers = settingsHandlers({ state, clock, thinning, paging: new Paging() }) as Required<
    ReturnType<typeof settingsHandlers>
  >;
  const update = (percentage: number) =>
    handlers.UpdateIndexingRule(
      { Name: 'Default', Rule: { Probabilistic: { DesiredSamplingPercentage: percentage } } },
      context,
    );
  const read = async () => (await handlers.GetIndexingRules({}, context)).IndexingRules?.[0]?.Rule?.Probabilistic;
  return { thinning, update, read };
}

test('the indexing rule is the share of unremarkable traces that stays when a day is thinned', async () => {
  const { thinning, update, read } = open(true);
  expect(await read()).toEqual({ DesiredSamplingPercentage: 10, ActualSamplingPercentage: 10 });
  await update(25);
  expect(await read()).toEqual({ DesiredSamplingPercentage: 25, ActualSamplingPercentage: 25 });
  expect(await thinning.read()).toMatchObject({ isOn: true, sampleShare: 0.25, hotHours: 48 });
});

test('without thinning every trace stays, and nothing else can be asked for', async () => {
  const { update, read } = open(false);
  expect(await read()).toEqual({ DesiredSamplingPercentage: 100, ActualSamplingPercentage: 100 });
  await expect(update(25)).rejects.toMatchObject({ code: 'InvalidRequestException' });
  await update(100);
  expect(await read()).toEqual({ DesiredSamplingPercentage: 100, ActualSamplingPercentage: 100 });
});
