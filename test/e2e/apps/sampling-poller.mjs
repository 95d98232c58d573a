// A client that samples as OpenTelemetry's sampler does: rules with an empty POST, targets at the Interval of the answer,
// rules again when LastRuleModification says so. Until it is told to end; prints how many decisions it took in each second.
import { randomBytes } from 'node:crypto';

const address = `http://${process.env.AWS_XRAY_DAEMON_ADDRESS}`;
const clientId = randomBytes(12).toString('hex');
const taken = {};
const rulesSeen = {};
const counts = { requests: 0, borrowed: 0, sampled: 0 };
let quota;
let quotaEndsAt = 0;
let rulesAt = 0;

async function fetchRules() {
  const answer = await (await fetch(`${address}/GetSamplingRules`, { method: 'POST' })).json();
  rulesAt = Date.now() / 1000;
  for (const { SamplingRule } of answer.SamplingRuleRecords) rulesSeen[SamplingRule.RuleName] ??= rulesAt;
}

async function fetchTargets() {
  const { requests, borrowed, sampled } = counts;
  Object.assign(counts, { requests: 0, borrowed: 0, sampled: 0 });
  const report = { RuleName: 'shared', ClientID: clientId, RequestCount: requests, BorrowCount: borrowed };
  const body = {
    SamplingStatisticsDocuments: [{ ...report, SampledCount: sampled, Timestamp: Math.floor(Date.now() / 1000) }],
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${address}/SamplingTargets`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { SamplingTargetDocuments, LastRuleModification } = await answer.json();
  const target = SamplingTargetDocuments.find(({ RuleName }) => RuleName === 'shared');
  if (target?.ReservoirQuota !== undefined) {
    quota = target.ReservoirQuota;
    quotaEndsAt = target.ReservoirQuotaTTL;
  }
  if (LastRuleModification > rulesAt) await fetchRules();
  setTimeout(fetchTargets, (target?.Interval ?? 10) * 1000);
}

await fetchRules();
setTimeout(fetchTargets, 10_000);
let second = 0;
let left = 0;
let mayBorrow = true;
const timer = setInterval(() => {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    left = quota ?? 0;
    mayBorrow = true;
  }
  counts.requests += 1;
  const hasQuota = quota !== undefined && quotaEndsAt >= now;
  if (hasQuota ? left <= 0 : !mayBorrow) return;
  if (hasQuota) left -= 1;
  else {
    mayBorrow = false;
    counts.borrowed += 1;
  }
  counts.sampled += 1;
  taken[now] = (taken[now] ?? 0) + 1;
}, 10);
process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log(JSON.stringify({ taken, rules: rulesSeen }));
  process.exit(0);
});
console.log('listening on 0');
