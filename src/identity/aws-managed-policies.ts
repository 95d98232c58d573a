import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ManagedPolicy } from './model.ts';

interface PublishedPolicy {
  readonly name: string;
  readonly path: string;
  readonly versionId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly document: unknown;
}

/** Managed policies as AWS publishes them, by ARN: those that workloads of ECS, X-Ray and CloudWatch ask for. */
export const awsManagedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  (JSON.parse(readFileSync(new URL('./aws-managed-policies.json', import.meta.url), 'utf8')) as PublishedPolicy[])
    .map(toManagedPolicy)
    .map((policy) => [policy.arn, policy]),
);

function toManagedPolicy(published: PublishedPolicy): ManagedPolicy {
  const { name, path, versionId, createdAt, updatedAt } = published;
  return {
    name,
    path,
    // Ids must be the same at every start and in every instance.
    id: `ANPA${createHash('sha256').update(name).digest('hex').slice(0, 17).toUpperCase()}`,
    arn: `arn:aws:iam::aws:policy${path}${name}`,
    createdAt,
    updatedAt,
    defaultVersionId: versionId,
    newestVersion: Number(versionId.slice(1)),
    versions: [{ versionId, document: JSON.stringify(published.document, undefined, 2), createdAt: updatedAt }],
    tags: [],
  };
}
