import { restService, type Scope } from './request.ts';

/** An X-Ray group: traces that a filter expression selects, under a name. */
export interface Group {
  GroupName: string;
  GroupARN?: string;
  FilterExpression?: string;
  InsightsConfiguration?: { InsightsEnabled?: boolean; NotificationsEnabled?: boolean };
}

const call = restService('xray');

export async function getGroups(scope: Scope, signal?: AbortSignal): Promise<Group[]> {
  const groups: Group[] = [];
  let token: string | null | undefined;
  do {
    const input = token ? { NextToken: token } : {};
    const page: { Groups?: Group[]; NextToken?: string | null } = await call(
      scope,
      { operation: 'GetGroups', path: '/Groups', input },
      signal,
    );
    groups.push(...(page.Groups ?? []));
    token = page.NextToken;
  } while (token);
  return groups;
}

export const createGroup = (scope: Scope, group: Group): Promise<unknown> =>
  call(scope, { operation: 'CreateGroup', path: '/CreateGroup', input: group });

export const updateGroup = (scope: Scope, group: Group): Promise<unknown> =>
  call(scope, { operation: 'UpdateGroup', path: '/UpdateGroup', input: group });

export const deleteGroup = (scope: Scope, name: string): Promise<unknown> =>
  call(scope, { operation: 'DeleteGroup', path: '/DeleteGroup', input: { GroupName: name } });
