import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import type { Handlers } from '../../../wire/aws/service-table.ts';
import { scopeKey, type TrafficStore } from '../../store.ts';
import type { VpcView } from '../../vpc/vpc-view.ts';

export type Ec2Handlers = Handlers<typeof import('@aws-sdk/client-ec2')>;

/** What the EC2 operations work with. */
export interface Ec2Deps {
  readonly store: TrafficStore;
  readonly vpc: VpcView;
}

export type Filter = { readonly Name?: string | undefined; readonly Values?: readonly string[] | undefined };

export const tagsOf = (store: TrafficStore, scope: AccountRegion, id: string): { Key: string; Value: string }[] =>
  Object.entries(store.get('ec2/tags', scopeKey(scope) + id)?.value ?? {}).map(([Key, Value]) => ({ Key, Value }));

/**
 * Whether a resource passes all filters; values may contain `*` and `?`. `fields` gives the texts of each filter name
 * that the operation knows; an unknown name is refused, for ignoring it would answer with too much.
 */
export function passesFilters(
  filters: readonly Filter[] | undefined,
  tags: readonly { Key: string; Value: string }[],
  fields: Readonly<Record<string, readonly (string | undefined)[]>>,
): boolean {
  return (filters ?? []).every(({ Name = '', Values = [] }) => {
    const texts = filterTexts(Name, tags, fields);
    return Values.some((value) => texts.some((text) => text !== undefined && wildcard(value).test(text)));
  });
}

function filterTexts(
  name: string,
  tags: readonly { Key: string; Value: string }[],
  fields: Readonly<Record<string, readonly (string | undefined)[]>>,
): readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return tags.filter(({ Key }) => Key === name.slice(4)).map(({ Value }) => Value);
  if (name === 'tag-key') return tags.map(({ Key }) => Key);
  const texts = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!texts) throw awsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return texts;
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')}$`,
  );

/** Those of `all` that `ids` names, in their order, or all; throws `code` for an id that is not there. */
export function selectByIds<Value>(
  all: readonly Value[],
  ids: readonly string[] | undefined,
  idOf: (value: Value) => string,
  code: string,
  what: string,
): readonly Value[] {
  if (!ids?.length) return all;
  return ids.map((id) => {
    const found = all.find((value) => idOf(value) === id);
    if (!found) throw awsError(code, `The ${what} '${id}' does not exist`);
    return found;
  });
}
