import type { HistoryItem } from './read-deployment-history.ts';
import type { DeploymentOfTrace } from './trace-context.ts';

interface Span {
  readonly start: Date;
  readonly end: Date;
}

/**
 * Of a service's deployments, newest first, those that were in progress while the trace ran; when there was none, the last
 * one that was done before.
 */
export function chooseDeployments(
  history: readonly HistoryItem[],
  trace: Span,
  servedBy: readonly string[],
): DeploymentOfTrace[] {
  const began = history.filter(({ deployment: { createdAt } }) => createdAt !== undefined && createdAt <= trace.end);
  const during = began.filter(
    ({ deployment: { finishedAt } }) => finishedAt === undefined || finishedAt >= trace.start,
  );
  if (during.length > 0) return during.map((item) => describe(item, 'during', trace, servedBy));
  const latest = began.reduce<HistoryItem | undefined>(
    (last, item) => (last && endOf(last) >= endOf(item) ? last : item),
    undefined,
  );
  return latest ? [describe(latest, 'before', trace, servedBy)] : [];
}

/** What was in progress first, then by how long before the trace. */
export function compareDeployments(a: DeploymentOfTrace, b: DeploymentOfTrace): number {
  if (a.when !== b.when) return a.when === 'during' ? -1 : 1;
  return a.secondsBefore - b.secondsBefore || compareTexts(a.service, b.service);
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const endOf = ({ deployment }: HistoryItem): number =>
  (deployment.finishedAt ?? deployment.createdAt ?? new Date(0)).getTime();

function describe(
  { cluster, service, deployment, revision, previousRevision }: HistoryItem,
  when: DeploymentOfTrace['when'],
  trace: Span,
  servedBy: readonly string[],
): DeploymentOfTrace {
  const { createdAt = new Date(0), finishedAt } = deployment;
  const since = when === 'during' ? createdAt : (finishedAt ?? createdAt);
  return {
    cluster,
    service,
    deploymentArn: deployment.serviceDeploymentArn ?? '',
    revision,
    ...(previousRevision === undefined ? {} : { previousRevision }),
    status: deployment.status ?? '',
    at: createdAt.toISOString(),
    ...(finishedAt ? { finishedAt: finishedAt.toISOString() } : {}),
    when,
    secondsBefore: (trace.start.getTime() - since.getTime()) / 1000,
    servedBy,
  };
}
