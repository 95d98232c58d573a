import type { Impact, InsightRecord } from './model.ts';

/**
 * What an insight says in words. Readers of closed insights (Grafana) show the second sentence, so that no name, which
 * may hold dots, comes before it.
 */
export function describeInsight(insight: Omit<InsightRecord, 'summary'>): string {
  const { rootCause, rootCauseImpact, startMs, endMs, anomalous } = insight;
  const others = anomalous.length - 1;
  const also = others > 0 ? `; ${others} more ${others === 1 ? 'service is' : 'services are'} affected` : '';
  const cause = `${rootCause.name} is the root cause: ${shareOf(rootCauseImpact)} of its requests since ${timeOf(startMs)} were faults${also}.`;
  if (insight.mergedInto !== undefined) {
    return `The insight is closed. It turned out to be a part of insight ${insight.mergedInto}.`;
  }
  if (insight.state === 'CLOSED') {
    const until = timeOf(endMs ?? insight.updatedMs);
    return `The insight is closed. Faults were outside their expected band from ${timeOf(startMs)} to ${until}. ${clientsOf(insight.clientImpact)} ${cause}`;
  }
  return `Faults have left their expected band. ${clientsOf(insight.clientImpact)} ${cause}`;
}

function clientsOf({ fault, total }: Impact): string {
  if (total === 0) return 'No request of a client was seen.';
  return fault === 0 ? `Clients saw none of them in ${total} requests.` : `Clients saw ${fault} in ${total} requests.`;
}

function shareOf({ fault, total }: Impact): string {
  if (total === 0 || fault === 0) return '0 %';
  const percent = (100 * fault) / total;
  return percent < 1 ? 'less than 1 %' : `${Math.round(percent)} %`;
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`;
