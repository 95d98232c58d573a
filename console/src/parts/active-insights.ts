import { getGroups } from '../api/groups.ts';
import { getInsightSummaries, type Insight } from '../api/insights.ts';
import { useLive } from '../app/scope.ts';

const hourMs = 3_600_000;

const none: readonly Insight[] = [];

/** Insights that are open now, each once, whatever the range on screen. */
export function useActiveInsights(): readonly Insight[] {
  const found = useLive(
    ['active-insights'],
    async ({ scope, signal }) => {
      const end = Date.now();
      const groups = await getGroups(scope, signal);
      const perGroup = await Promise.all(
        groups.map((group) =>
          getInsightSummaries(scope, { start: end - hourMs, end, group: group.GroupName, states: ['ACTIVE'] }, signal),
        ),
      );
      return [...new Map(perGroup.flat().map((insight) => [insight.InsightId, insight])).values()];
    },
    { ranged: false, refreshMs: 20_000 },
  );
  return found.data ?? none;
}
