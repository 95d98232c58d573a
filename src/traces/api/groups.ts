import type { Group } from '@aws-sdk/client-xray';
import { newAlphanumericId } from '../../platform/ids.ts';
import type { StateStore, Versioned } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { FilterExpressionError } from '../filter/expression.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import type { Paging } from '../paging/paged-call.ts';
import { forgetGroup } from '../settle/thinning-policy.ts';
import type { ResourceTags } from './tags.ts';

type XRay = typeof import('@aws-sdk/client-xray');
export const groupKind = 'xray-group';
const groupsMax = 25;
const groupsPageSize = 100;

/** Groups: filter expressions with a name. */
export function groupHandlers(deps: {
  state: StateStore;
  tags: ResourceTags;
  paging: Paging;
}): Pick<Handlers<XRay>, 'CreateGroup' | 'UpdateGroup' | 'DeleteGroup' | 'GetGroup' | 'GetGroups'> {
  const { state, tags } = deps;
  return {
    async GetGroups(input, context) {
      const call = deps.paging.open('GetGroups', input, context, groupsPageSize);
      const { items, next } = call.cut(await listGroups(state, context), ({ value }) => value.GroupName!);
      return { Groups: items.map(({ value }) => value), ...next };
    },

    async GetGroup(input, context) {
      return { Group: (await findGroup(state, context, input)).value };
    },

    async CreateGroup(input, context) {
      const name = input.GroupName ?? '';
      // The guide says letters, digits and dashes, and names one high_response_time.
      if (!/^[\w-]{1,32}$/.test(name)) {
        throw awsError('InvalidRequestException', 'GroupName takes 1 to 32 letters, digits, dashes and underscores.');
      }
      const groups = await listGroups(state, context);
      if (groups.some(({ value }) => value.GroupName === name)) {
        throw awsError('InvalidRequestException', `Group already exists: ${name}`);
      }
      if (groups.length > groupsMax)
        throw awsError('InvalidRequestException', `There are ${groupsMax} groups already.`);
      const group: Group = {
        GroupName: name,
        GroupARN: groupArn(context, name, newAlphanumericId(52)),
        FilterExpression: checkExpression(input.FilterExpression ?? ''),
        InsightsConfiguration: insightsOf(input.InsightsConfiguration),
      };
      const ofTags = tags.creation(context, group.GroupARN!, input.Tags ?? []);
      await state.commit([{ kind: groupKind, key: keyOf(context, name), expect: 'absent', put: group }, ...ofTags]);
      return { Group: group };
    },

    async UpdateGroup(input, context) {
      const known = await findGroup(state, context, input);
      const isDefault = known.value.GroupName === 'Default';
      if (isDefault && input.FilterExpression) {
        throw awsError('InvalidRequestException', 'The Default group has no filter expression.');
      }
      const group: Group = {
        ...known.value,
        ...(input.FilterExpression === undefined ? {} : { FilterExpression: checkExpression(input.FilterExpression) }),
        ...(input.InsightsConfiguration ? { InsightsConfiguration: insightsOf(input.InsightsConfiguration) } : {}),
      };
      const expect = known.version === 0 ? 'absent' : known.version;
      await state.commit([{ kind: groupKind, key: keyOf(context, group.GroupName!), expect, put: group }]);
      return { Group: group };
    },

    async DeleteGroup(input, context) {
      const known = await findGroup(state, context, input);
      const { GroupName, GroupARN } = known.value;
      if (GroupName === 'Default') throw awsError('InvalidRequestException', 'The Default group cannot be deleted.');
      await state.commit([
        { kind: groupKind, key: keyOf(context, GroupName!), expect: known.version, delete: true },
        ...(await tags.removal(context, GroupARN!)),
        ...(await forgetGroup(state, context, GroupName!)),
      ]);
      return {};
    },
  };
}

/** All groups, Default included. */
export async function listGroups(state: StateStore, scope: AccountRegion): Promise<Versioned<Group>[]> {
  const stored = await state.list<Group>(groupKind, keyOf(scope, ''));
  if (stored.some(({ value }) => value.GroupName === 'Default')) return stored;
  const value: Group = {
    GroupName: 'Default',
    GroupARN: groupArn(scope, 'Default', ''),
    FilterExpression: '',
    // Insights open by themselves, without being asked for; UpdateGroup turns them off, or adds notifications.
    InsightsConfiguration: { InsightsEnabled: true, NotificationsEnabled: false },
  };
  return [{ key: keyOf(scope, 'Default'), value, version: 0 }, ...stored];
}

/** Expressions by name and by ARN, as filters refer to them. */
export async function readGroupExpressions(state: StateStore, scope: AccountRegion): Promise<Map<string, string>> {
  const expressions = new Map<string, string>();
  for (const { value } of await listGroups(state, scope)) {
    for (const key of [value.GroupName, value.GroupARN]) if (key) expressions.set(key, value.FilterExpression ?? '');
  }
  return expressions;
}

export async function findGroup(
  state: StateStore,
  scope: AccountRegion,
  by: { GroupName?: string | undefined; GroupARN?: string | undefined },
): Promise<Versioned<Group>> {
  if (!by.GroupName === !by.GroupARN) throw awsError('InvalidRequestException', 'Give either GroupName or GroupARN.');
  const groups = await listGroups(state, scope);
  const found = groups.find(({ value }) =>
    by.GroupName ? value.GroupName === by.GroupName : value.GroupARN === by.GroupARN,
  );
  if (!found) throw awsError('InvalidRequestException', `Group not found: ${by.GroupName ?? by.GroupARN}`);
  return found;
}

/** The expression, if it can be parsed; otherwise the caller learns where it is wrong. */
function checkExpression(text: string): string {
  try {
    parseFilter(text);
    return text;
  } catch (error) {
    throw toRequestError(error);
  }
}

export function toRequestError(error: unknown): unknown {
  return error instanceof FilterExpressionError
    ? awsError('InvalidRequestException', `Invalid filter expression: ${error.message}`)
    : error;
}

function insightsOf(
  given: { InsightsEnabled?: boolean | undefined; NotificationsEnabled?: boolean | undefined } | undefined,
) {
  const InsightsEnabled = given?.InsightsEnabled ?? false;
  const NotificationsEnabled = given?.NotificationsEnabled ?? false;
  if (NotificationsEnabled && !InsightsEnabled) {
    throw awsError('InvalidRequestException', 'Notifications need insights to be enabled.');
  }
  return { InsightsEnabled, NotificationsEnabled };
}

const keyOf = ({ account, region }: AccountRegion, name: string): string => `${account}/${region}/${name}`;

const groupArn = ({ account, region }: AccountRegion, name: string, id: string): string =>
  `arn:aws:xray:${region}:${account}:group/${name}${id ? `/${id}` : ''}`;
