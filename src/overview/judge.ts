import type { EcsServiceFact, EdgeFact, Finding, ServiceHealthFact, Snapshot, Verdict } from './model.ts';

// A median over fewer calls says little; four requests a second reach it in two seconds.
const callsMin = 5;
// Slow: half a second of the service's own time and three times what it used to need, or a whole second where nothing is known of before.
const slowSecondsMin = 0.5;
const slowFactor = 3;
const slowSecondsUnknown = 1;
const failedShareWarning = 0.01;
const failedShareCritical = 0.05;

/** What is wrong, worst first. Touches nothing; the same snapshot always gives the same answer. */
export function judge(snapshot: Snapshot): { verdict: Verdict; findings: Finding[] } {
  const findings = [
    ...snapshot.services.flatMap(judgeService),
    ...snapshot.edges.flatMap((edge) => judgeEdge(edge, snapshot)),
    ...snapshot.health.flatMap((health) => judgeHealth(health, snapshot)),
    ...snapshot.targets.flatMap(judgeTargets),
    ...snapshot.canaries.flatMap(judgeCanary),
    ...snapshot.alarms.flatMap(judgeAlarm),
    ...snapshot.insights.map(judgeInsight),
  ];
  findings.sort((a, b) => rank(a) - rank(b));
  return { verdict: verdictOf(snapshot, findings), findings };
}

const rank = (finding: Finding): number => (finding.level === 'critical' ? 0 : 1);

function verdictOf(snapshot: Snapshot, findings: readonly Finding[]): Verdict {
  const worst = findings[0];
  if (worst) {
    const { level, code, params, since } = worst;
    return { level, code, params, ...(since !== undefined && { since }) };
  }
  if (snapshot.unread.length > 0)
    return { level: 'warning', code: 'cannot-tell', params: { sources: snapshot.unread.join(',') } };
  if (snapshot.services.length === 0 && snapshot.health.length === 0)
    return { level: 'ok', code: 'nothing-yet', params: {} };
  const count = snapshot.services.length || snapshot.health.length;
  return { level: 'ok', code: 'all-well', params: { services: count } };
}

function judgeHealth(health: ServiceHealthFact, snapshot: Snapshot): Finding[] {
  if (health.type === 'client' || health.total < callsMin) return [];
  const deployment = newestDeployment(snapshot, health.name);
  const usual = snapshot.usual.find((other) => other.name === health.name && other.type === health.type);
  const known = usual !== undefined && usual.total >= callsMin;
  const slowFrom = known ? Math.max(slowSecondsMin, slowFactor * usual.ownMedianSeconds) : slowSecondsUnknown;
  const common = {
    link: { page: 'traces', params: { service: health.name } },
    ...(deployment && { deployment, since: deployment.at }),
  };
  const findings: Finding[] = [];
  if (health.ownMedianSeconds >= slowFrom) {
    findings.push({
      ...common,
      level: 'critical',
      code: 'service-slow',
      params: {
        service: health.name,
        ownSeconds: health.ownMedianSeconds,
        ...(known && { usualSeconds: usual.ownMedianSeconds }),
      },
      link: { page: 'traces', params: { service: health.name, sort: 'slowest' } },
    });
  }
  const faultShare = health.fault / health.total;
  if (faultShare >= failedShareWarning) {
    findings.push({
      ...common,
      level: faultShare >= failedShareCritical ? 'critical' : 'warning',
      code: 'service-faults',
      params: { service: health.name, share: faultShare },
    });
  }
  return findings;
}

function judgeEdge(edge: EdgeFact, snapshot: Snapshot): Finding[] {
  const share = edge.total === 0 ? 0 : edge.failed / edge.total;
  if (edge.failed < 2 || share < failedShareWarning) return [];
  // A callee that reports itself is judged as a service; here are the dependencies that nobody else speaks for.
  if (snapshot.health.some((health) => health.name === edge.to && health.type === edge.toType && health.fault > 0))
    return [];
  return [
    {
      level: share >= failedShareCritical ? 'critical' : 'warning',
      code: 'edge-faults',
      params: {
        service: edge.from,
        dependency: edge.to,
        share,
        ...(edge.exception !== undefined && { exception: edge.exception }),
      },
      link: { page: 'traces', params: { service: edge.from, dependency: edge.to } },
    },
  ];
}

function judgeService(service: EcsServiceFact): Finding[] {
  if (service.running >= service.desired || service.inDeployment) return [];
  return [
    {
      level: service.running === 0 ? 'critical' : 'warning',
      code: 'service-not-stable',
      params: {
        service: service.service,
        cluster: service.cluster,
        running: service.running,
        desired: service.desired,
        reason: service.lastEvent,
      },
      link: { page: 'service', params: { cluster: service.cluster, service: service.service } },
      ...(service.newestDeployment && { deployment: service.newestDeployment }),
    },
  ];
}

function judgeTargets(group: Snapshot['targets'][number]): Finding[] {
  if (group.unhealthy === 0) return [];
  return [
    {
      level: group.unhealthy === group.total ? 'critical' : 'warning',
      code: 'target-unhealthy',
      params: { targetGroup: group.targetGroup, unhealthy: group.unhealthy, total: group.total, reason: group.reason },
      link: { page: 'load-balancers', params: { targetGroup: group.targetGroupArn } },
    },
  ];
}

function judgeCanary(canary: Snapshot['canaries'][number]): Finding[] {
  const newest = canary.lastRuns[0];
  if (canary.state !== 'RUNNING' || newest === undefined || newest.passed) return [];
  const firstFailed = canary.lastRuns.findIndex((run) => run.passed);
  const since = canary.lastRuns.at(firstFailed === -1 ? -1 : firstFailed - 1)!.at;
  return [
    {
      level: 'critical',
      code: 'canary-failing',
      params: { name: canary.name, reason: newest.reason },
      link: { page: 'canary', params: { name: canary.name } },
      since,
    },
  ];
}

function judgeAlarm(alarm: Snapshot['alarms'][number]): Finding[] {
  if (alarm.state !== 'ALARM') return [];
  return [
    {
      level: 'critical',
      code: 'alarm',
      params: { name: alarm.name, reason: alarm.reason },
      link: { page: 'alarm', params: { name: alarm.name } },
      since: alarm.changedAt,
    },
  ];
}

/** Critical where requests of clients fail because of it. */
function judgeInsight(insight: Snapshot['insights'][number]): Finding {
  const { id, service, since, clientFailed, clientTotal, ownFailed, ownTotal } = insight;
  const isFelt = clientFailed > 0;
  const [failed, total] = isFelt ? [clientFailed, clientTotal] : [ownFailed, ownTotal];
  return {
    level: isFelt ? 'critical' : 'warning',
    code: isFelt ? 'insight' : 'insight-inside',
    params: { service, failed, total, share: total === 0 ? 0 : failed / total },
    link: { page: 'insight', params: { id } },
    since,
  };
}

const newestDeployment = (snapshot: Snapshot, serviceName: string) =>
  snapshot.services.find((service) => service.service === serviceName)?.newestDeployment;
