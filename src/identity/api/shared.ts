import type { Clock } from '../../platform/clock.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { PolicyHolder, Tag } from '../model.ts';
import type { IamStore } from '../store.ts';

export interface IamDependencies {
  readonly store: IamStore;
  readonly clock: Clock;
}

const tagsMax = 50;

export function found<Value>(value: Value | undefined, message: string): Value {
  if (value === undefined) throw awsError('NoSuchEntity', message);
  return value;
}

export const inPath =
  (prefix: string | undefined) =>
  ({ path }: { readonly path: string }) =>
    path.startsWith(prefix ?? '/');

type SdkTags = readonly { Key: string | undefined; Value: string | undefined }[];

export function toTags(tags: SdkTags | undefined): Tag[] {
  const result = (tags ?? []).map(({ Key, Value }) => ({ Key: Key!, Value: Value! }));
  if (new Set(result.map((tag) => tag.Key.toLowerCase())).size !== result.length) {
    throw awsError('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  return result;
}

export function mergeTags(current: readonly Tag[], added: readonly Tag[]): Tag[] {
  const merged = [
    ...withoutTags(
      current,
      added.map((tag) => tag.Key),
    ),
    ...added,
  ];
  if (merged.length > tagsMax) throw awsError('LimitExceeded', `The number of tags has reached the maximum limit.`);
  return merged;
}

export const withoutTags = (tags: readonly Tag[], keys: readonly string[]): Tag[] =>
  tags.filter((tag) => !keys.includes(tag.Key));

export function assertHolderDeletable(holder: PolicyHolder): void {
  if (holder.attachedPolicyArns.length > 0) {
    throw awsError('DeleteConflict', 'Cannot delete entity, must detach all policies first.');
  }
  if (holder.inlinePolicies.length > 0) {
    throw awsError('DeleteConflict', 'Cannot delete entity, must delete policies first.');
  }
}
