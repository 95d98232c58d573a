import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { lastPart } from '../arns.ts';
import { clusterKey, definitionKeyOfArn, type Tags } from '../model.ts';
import type { Mirror } from '../store.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { fromTagList, scopeOf, toTagList } from './resolve.ts';

const tagsMax = 50;

/** Tags of clusters, services, tasks and task definitions. */
export function tagHandlers({ store }: ApiDeps): EcsHandlers {
  /** Where the record behind an ARN is. Throws for what cannot be tagged, or is not there. */
  const locate = (scope: AccountRegion, arn: string): { mirror: Mirror<{ arn: string; tags: Tags }>; key: string } => {
    const [kind = '', cluster = ''] = (arn.split(':')[5] ?? '').split('/');
    const inCluster = `${clusterKey(scope, cluster)}/${lastPart(arn)}`;
    const places: Record<string, { mirror: Mirror<any>; key: string; code: string }> = {
      cluster: { mirror: store.clusters, key: clusterKey(scope, cluster), code: 'ClusterNotFoundException' },
      service: { mirror: store.services, key: inCluster, code: 'ServiceNotFoundException' },
      task: { mirror: store.tasks, key: inCluster, code: 'InvalidParameterException' },
      'task-definition': { mirror: store.definitions, key: definitionKeyOfArn(arn), code: 'InvalidParameterException' },
    };
    const place = places[kind];
    if (place === undefined)
      throw awsError('InvalidParameterException', 'Invalid identifier: Unexpected resource type.');
    // The ARN to the letter: policies were asked about the one that was given.
    if (place.mirror.get(place.key)?.arn !== arn) {
      throw awsError(place.code, `The specified resource is not found: ${arn}`);
    }
    return place;
  };

  const change = async (scope: AccountRegion, arn: string, next: (tags: Tags) => Tags): Promise<void> => {
    const { mirror, key } = locate(scope, arn);
    await store.update(mirror, key, (record) => ({ ...record, tags: next(record.tags) }));
  };

  return {
    ListTagsForResource: (input, context) => {
      const { mirror, key } = locate(scopeOf(context), input.resourceArn ?? '');
      return { tags: toTagList(mirror.get(key)?.tags ?? {}) };
    },

    TagResource: async (input, context) => {
      await change(scopeOf(context), input.resourceArn ?? '', (tags) => {
        const next = { ...tags, ...fromTagList(input.tags) };
        if (Object.keys(next).length > tagsMax) {
          throw awsError('InvalidParameterException', `A resource can have at most ${tagsMax} tags.`);
        }
        return next;
      });
      return {};
    },

    UntagResource: async (input, context) => {
      const gone = new Set(input.tagKeys ?? []);
      await change(scopeOf(context), input.resourceArn ?? '', (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },
  };
}
