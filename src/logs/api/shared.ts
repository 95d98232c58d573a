import type { Clock } from '../../platform/clock.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { EventAppender } from '../append-events.ts';
import type { LogGroup } from '../model.ts';
import { type LogsStore, noSuchGroup } from '../store.ts';

export interface LogsDependencies {
  readonly store: LogsStore;
  readonly telemetry: TelemetryStore;
  readonly appender: EventAppender;
  readonly clock: Clock;
}

/** The group's name from `logGroupName` or `logGroupIdentifier` (a name or an ARN of this account and region). */
export function groupNameOf(
  input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
  context: CallContext,
): string {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw awsError('InvalidParameterException', 'LogGroup name and LogGroup ARN are mutually exclusive parameters.');
  }
  if (logGroupName !== undefined) return logGroupName;
  if (logGroupIdentifier === undefined) {
    throw awsError('InvalidParameterException', 'LogGroup name or LogGroup ARN is required.');
  }
  return logGroupIdentifier.startsWith('arn:') ? groupNameOfArn(logGroupIdentifier, context) : logGroupIdentifier;
}

export function groupNameOfArn(arn: string, { account, region }: CallContext): string {
  const prefix = `arn:aws:logs:${region}:${account}:log-group:`;
  if (!arn.startsWith(prefix)) throw noSuchGroup();
  return arn.slice(prefix.length).replace(/:\*$/, '');
}

/** Events before this are expired: hidden at once, deleted later. */
export const oldestKeptMs = (group: LogGroup, nowMs: number): number | undefined =>
  group.retentionDays === undefined ? undefined : nowMs - group.retentionDays * 86_400_000;

const pageSize = 50;

/** One page of items in the order of `keyOf`; the token names the last key given. */
export function page<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  request: { nextToken?: string | undefined; limit?: number | undefined },
): { items: Item[]; nextToken?: string } {
  const after = request.nextToken === undefined ? undefined : decodeToken(request.nextToken);
  const rest = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .filter(({ key }) => after === undefined || key > after);
  const taken = rest.slice(0, request.limit ?? pageSize);
  const last = taken.at(-1);
  return {
    items: taken.map(({ item }) => item),
    ...(last && taken.length < rest.length && { nextToken: Buffer.from(`p:${last.key}`).toString('base64url') }),
  };
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('p:')) throw awsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return text.slice(2);
}
