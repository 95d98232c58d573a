import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { forgetEvents, storedBytesByGroup } from '../event-statistics.ts';
import { groupArn, type LogGroup } from '../model.ts';
import { groupNameOf, groupNameOfArn, type LogsDependencies, page } from './shared.ts';

type LogGroupOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>,
  | 'CreateLogGroup'
  | 'DeleteLogGroup'
  | 'DescribeLogGroups'
  | 'ListLogGroups'
  | 'PutRetentionPolicy'
  | 'DeleteRetentionPolicy'
  | 'PutLogGroupDeletionProtection'
  | 'AssociateKmsKey'
  | 'DisassociateKmsKey'
  | 'TagResource'
  | 'UntagResource'
  | 'ListTagsForResource'
  | 'TagLogGroup'
  | 'UntagLogGroup'
  | 'ListTagsLogGroup'
>;

const retentionDaysAllowed = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const tagsMax = 50;

export function logGroupOperations({ store, telemetry, clock }: LogsDependencies): LogGroupOperations {
  const addTags = async (context: CallContext, name: string, added: Record<string, string>) => {
    await store.updateGroup(context, name, (group) => {
      const tags = [...group.tags.filter(([key]) => !Object.hasOwn(added, key)), ...Object.entries(added)];
      if (tags.length > tagsMax) throw awsError('TooManyTagsException', 'Too many tags.', 400);
      return { ...group, tags };
    });
    return {};
  };
  const removeTags = async (context: CallContext, name: string, keys: readonly string[]) => {
    await store.updateGroup(context, name, (group) => ({
      ...group,
      tags: group.tags.filter(([key]) => !keys.includes(key)),
    }));
    return {};
  };
  const listTags = async (context: CallContext, name: string) => ({
    tags: Object.fromEntries((await store.getGroup(context, name)).tags),
  });

  return {
    async CreateLogGroup(input, context) {
      const name = input.logGroupName!;
      if (name.startsWith('aws/')) {
        throw awsError('InvalidParameterException', "Log groups starting with 'aws/' are reserved for AWS.");
      }
      const created = await store.createGroup({
        account: context.account,
        region: context.region,
        name,
        createdAtMs: clock.now().getTime(),
        logGroupClass: (input.logGroupClass ?? 'STANDARD') as LogGroup['logGroupClass'],
        ...(input.kmsKeyId !== undefined && { kmsKeyId: input.kmsKeyId }),
        ...(input.deletionProtectionEnabled && { deletionProtected: true }),
        tags: Object.entries(input.tags ?? {}),
      });
      if (!created) throw awsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      return {};
    },
    async DeleteLogGroup({ logGroupName }, context) {
      const group = await store.getGroup(context, logGroupName!);
      if (group.deletionProtected) {
        throw awsError('ValidationException', 'The log group has deletion protection enabled.', 400);
      }
      await forgetEvents({ store, telemetry }, context, group.name);
      await store.deleteGroup(context, group.name);
      return {};
    },
    async DescribeLogGroups(input, context) {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
        const text = 'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.';
        throw awsError('InvalidParameterException', text);
      }
      const pattern = input.logGroupNamePattern?.toLowerCase();
      const wanted = input.logGroupIdentifiers?.map((logGroupIdentifier) =>
        groupNameOf({ logGroupIdentifier }, context),
      );
      const groups = (await store.listGroups(context, input.logGroupNamePrefix))
        .filter((group) => pattern === undefined || group.name.toLowerCase().includes(pattern))
        .filter((group) => wanted === undefined || wanted.includes(group.name))
        .filter((group) => input.logGroupClass === undefined || group.logGroupClass === input.logGroupClass);
      const { items, nextToken } = page(groups, (group) => group.name, input);
      const [bytes, filters] = await Promise.all([
        storedBytesByGroup(
          telemetry,
          context,
          items.map((group) => group.name),
        ),
        store.listMetricFilters(context),
      ]);
      return {
        logGroups: items.map((group) => ({
          ...describeGroup(group),
          metricFilterCount: filters.filter((filter) => filter.logGroupName === group.name).length,
          storedBytes: bytes.get(group.name) ?? 0,
        })),
        ...(nextToken && { nextToken }),
      };
    },
    async ListLogGroups(input, context) {
      const pattern =
        input.logGroupNamePattern === undefined ? undefined : new RegExp(toLiteralPattern(input.logGroupNamePattern));
      const groups = (await store.listGroups(context))
        .filter((group) => pattern === undefined || pattern.test(group.name))
        .filter((group) => input.logGroupClass === undefined || group.logGroupClass === input.logGroupClass);
      const { items, nextToken } = page(groups, (group) => group.name, input);
      return {
        logGroups: items.map((group) => ({
          logGroupName: group.name,
          logGroupArn: groupArn(group, group.name),
          logGroupClass: group.logGroupClass,
        })),
        ...(nextToken && { nextToken }),
      };
    },
    async PutRetentionPolicy({ logGroupName, retentionInDays }, context) {
      if (!retentionDaysAllowed.includes(retentionInDays!)) {
        const text = `Invalid retention value. Valid values are: [${retentionDaysAllowed.join(', ')}]`;
        throw awsError('InvalidParameterException', text);
      }
      await store.updateGroup(context, logGroupName!, (group) => ({ ...group, retentionDays: retentionInDays! }));
      return {};
    },
    async DeleteRetentionPolicy({ logGroupName }, context) {
      await store.updateGroup(context, logGroupName!, ({ retentionDays: _, ...group }) => group);
      return {};
    },
    async PutLogGroupDeletionProtection(input, context) {
      const name = groupNameOf(input, context);
      await store.updateGroup(context, name, (group) => ({
        ...group,
        deletionProtected: input.deletionProtectionEnabled === true,
      }));
      return {};
    },
    async AssociateKmsKey(input, context) {
      const name = input.logGroupName ?? groupNameOfArn(input.resourceIdentifier!, context);
      await store.updateGroup(context, name, (group) => ({ ...group, kmsKeyId: input.kmsKeyId! }));
      return {};
    },
    async DisassociateKmsKey(input, context) {
      const name = input.logGroupName ?? groupNameOfArn(input.resourceIdentifier!, context);
      await store.updateGroup(context, name, ({ kmsKeyId: _, ...group }) => group);
      return {};
    },
    TagResource: ({ resourceArn, tags }, context) => addTags(context, groupNameOfArn(resourceArn!, context), tags!),
    UntagResource: ({ resourceArn, tagKeys }, context) =>
      removeTags(context, groupNameOfArn(resourceArn!, context), tagKeys!),
    ListTagsForResource: ({ resourceArn }, context) => listTags(context, groupNameOfArn(resourceArn!, context)),
    TagLogGroup: ({ logGroupName, tags }, context) => addTags(context, logGroupName!, tags!),
    UntagLogGroup: ({ logGroupName, tags }, context) => removeTags(context, logGroupName!, tags!),
    ListTagsLogGroup: ({ logGroupName }, context) => listTags(context, logGroupName!),
  };
}

const describeGroup = (group: LogGroup) => ({
  logGroupName: group.name,
  creationTime: group.createdAtMs,
  ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
  arn: `${groupArn(group, group.name)}:*`,
  logGroupArn: groupArn(group, group.name),
  logGroupClass: group.logGroupClass,
  deletionProtectionEnabled: group.deletionProtected ?? false,
  ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
});

/** The model's pattern allows `^`, `|` and characters of names; of these only the dot means something else. */
const toLiteralPattern = (pattern: string) => pattern.replaceAll('.', '\\.');
