import { jsonService, type Scope } from './request.ts';

export interface LogGroup {
  logGroupName: string;
  storedBytes?: number;
  retentionInDays?: number;
  creationTime?: number;
}

export interface LogStream {
  logStreamName: string;
  firstEventTimestamp?: number;
  lastEventTimestamp?: number;
  creationTime?: number;
}

export interface LogEvent {
  eventId?: string;
  timestamp: number;
  message: string;
  logStreamName?: string;
  logGroupName?: string;
}

const call = jsonService('logs', 'Logs_20140328', '1.1');

export async function describeLogGroups(scope: Scope, signal?: AbortSignal): Promise<LogGroup[]> {
  const groups: LogGroup[] = [];
  let nextToken: string | undefined;
  do {
    const input = { limit: 50, ...(nextToken ? { nextToken } : {}) };
    const page = await call<{ logGroups?: LogGroup[]; nextToken?: string }>(scope, 'DescribeLogGroups', input, signal);
    groups.push(...(page.logGroups ?? []));
    nextToken = page.nextToken;
  } while (nextToken && groups.length < 1000);
  return groups;
}

export async function describeLogStreams(scope: Scope, group: string, signal?: AbortSignal): Promise<LogStream[]> {
  const input = { logGroupName: group, orderBy: 'LastEventTime', descending: true, limit: 50 };
  return (await call<{ logStreams?: LogStream[] }>(scope, 'DescribeLogStreams', input, signal)).logStreams ?? [];
}

export interface LogQuery {
  group: string;
  stream?: string | undefined;
  streamPrefix?: string | undefined;
  pattern?: string | undefined;
  start: number;
  end: number;
  limit?: number;
  token?: string | undefined;
}

export async function filterLogEvents(
  scope: Scope,
  query: LogQuery,
  signal?: AbortSignal,
): Promise<{ events: LogEvent[]; nextToken: string | undefined }> {
  const input = {
    logGroupName: query.group,
    startTime: Math.floor(query.start),
    endTime: Math.ceil(query.end),
    limit: query.limit ?? 1000,
    ...(query.stream ? { logStreamNames: [query.stream] } : {}),
    ...(query.streamPrefix ? { logStreamNamePrefix: query.streamPrefix } : {}),
    ...(query.pattern ? { filterPattern: query.pattern } : {}),
    ...(query.token ? { nextToken: query.token } : {}),
  };
  const page = await call<{ events?: LogEvent[]; nextToken?: string }>(scope, 'FilterLogEvents', input, signal);
  return { events: page.events ?? [], nextToken: page.nextToken };
}

/** The newest events of one stream, oldest first. */
export async function getLogEvents(
  scope: Scope,
  query: { group: string; stream: string; limit: number; start?: number; end?: number },
  signal?: AbortSignal,
): Promise<LogEvent[]> {
  const input = {
    logGroupName: query.group,
    logStreamName: query.stream,
    limit: query.limit,
    startFromHead: false,
    ...(query.start === undefined ? {} : { startTime: Math.floor(query.start) }),
    ...(query.end === undefined ? {} : { endTime: Math.ceil(query.end) }),
  };
  return (await call<{ events?: LogEvent[] }>(scope, 'GetLogEvents', input, signal)).events ?? [];
}
