import { keyOf } from './find-root-cause.ts';
import type { Impact, InsightEventRecord, InsightRecord, InsightUpdate, NodeId } from './model.ts';

/** Whether an insight has opened, closed, or is of other services than before: what is worth telling. */
export function isEventful(before: InsightRecord | undefined, after: InsightRecord): boolean {
  if (!before || before.state !== after.state) return true;
  const services = ({ anomalous }: InsightRecord) => anomalous.map(keyOf).sort().join();
  return keyOf(before.rootCause) !== keyOf(after.rootCause) || services(before) !== services(after);
}

export function toEvent(insight: InsightRecord): InsightEventRecord {
  return {
    insightId: insight.id,
    atMs: insight.updatedMs,
    summary: insight.summary,
    clientImpact: insight.clientImpact,
    rootCauseImpact: insight.rootCauseImpact,
    anomalous: insight.anomalous.map(({ name, type }) => ({ name, type })),
  };
}

/** The event that EventBridge would carry. */
export function toUpdate(insight: InsightRecord): InsightUpdate {
  const { account, region } = insight;
  return {
    id: `${insight.id}/${insight.updatedMs}`,
    account,
    region,
    source: 'aws.xray',
    detailType: 'AWS X-Ray Insight Update',
    time: new Date(insight.updatedMs).toISOString(),
    resources: [insight.groupArn],
    detail: {
      InsightId: insight.id,
      GroupARN: insight.groupArn,
      GroupName: insight.groupName,
      State: insight.state,
      Category: 'FAULT',
      Categories: ['FAULT'],
      Summary: insight.summary,
      StartTime: insight.startMs / 1000,
      ...(insight.endMs === undefined ? {} : { EndTime: insight.endMs / 1000 }),
      RootCauseServiceId: serviceId(insight.rootCause, account),
      RootCauseServiceRequestImpactStatistics: statistics(insight.rootCauseImpact),
      ClientRequestImpactStatistics: statistics(insight.clientImpact),
      TopAnomalousServices: insight.anomalous.map((node) => ({ ServiceId: serviceId(node, account) })),
    },
  };
}

export const serviceId = ({ name, type }: NodeId, account: string) => ({
  Name: name,
  Names: [name],
  AccountId: account,
  Type: type,
});

export const statistics = ({ fault, ok, total }: Impact) => ({ FaultCount: fault, OkCount: ok, TotalCount: total });
