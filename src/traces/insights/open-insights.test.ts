import { expect, test } from 'vitest';
import { makeInsight } from './insight.fixture.ts';
import { openAt } from './open-insights.ts';

const minuteMs = 60_000;
const cause = (name: string) => ({ name, type: 'AWS::ECS::Container' });

test('an incident is told once, by the group Default where it can, and only while it goes on', () => {
  const insights = [
    makeInsight('shop-1', 5 * minuteMs, { groupName: 'shop', rootCause: cause('backend') }),
    makeInsight('all-1', 6 * minuteMs, { groupName: 'Default', rootCause: cause('backend') }),
    makeInsight('shop-2', 2 * minuteMs, { groupName: 'shop', rootCause: cause('table') }),
    makeInsight('over', minuteMs, {
      groupName: 'Default',
      rootCause: cause('old'),
      state: 'CLOSED',
      endMs: 4 * minuteMs,
    }),
  ];
  const idsAt = (minute: number) => openAt(insights, minute * minuteMs).map(({ id }) => id);
  expect(idsAt(10)).toEqual(['shop-2', 'all-1']);
  expect(openAt(insights.toReversed(), 10 * minuteMs)).toEqual(openAt(insights, 10 * minuteMs));
  expect(idsAt(5)).toEqual(['shop-2', 'shop-1']);
  expect(idsAt(3)).toEqual(['over', 'shop-2']);
  expect(idsAt(4)).toEqual(['shop-2']);
  expect(idsAt(0)).toEqual([]);
});
