import type { InsightRecord } from './model.ts';

/** An insight of the Default group about the shop's table. */
export function makeInsight(id: string, startMs: number, more: Partial<InsightRecord> = {}): InsightRecord {
  const table = { name: 'access', type: 'AWS::DynamoDB::Table' };
  const account = '000000000000';
  const region = 'us-east-1';
  return {
    account,
    region,
    id,
    groupName: 'Default',
    groupArn: `arn:aws:xray:${region}:${account}:group/Default`,
    state: 'ACTIVE',
    rootCause: table,
    anomalous: [{ ...table, firstMs: startMs, lastMs: startMs + 180_000, isBack: false, excess: 12 }],
    startMs,
    updatedMs: startMs + 240_000,
    summary: 'Faults have left their expected band. Clients saw none of them in 60 requests.',
    clientImpact: { fault: 0, ok: 60, total: 60 },
    rootCauseImpact: { fault: 40, ok: 20, total: 60 },
    clientNodes: [{ name: 'bff', type: '' }],
    eventMs: startMs + 240_000,
    ...more,
  };
}
