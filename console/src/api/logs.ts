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

/** The lines of a stream before and after one of its lines, oldest first; the line itself is among them. */
export async function getLogContext(
  scope: Scope,
  line: { group: string; stream: string; timestamp: number },
  around: number,
  signal?: AbortSignal,
): Promise<LogEvent[]> {
  const shared = { logGroupName: line.group, logStreamName: line.stream };
  // Lines of one millisecond count on both sides: a few more than asked for may come, none is missing.
  const sides = await Promise.all([
    call<{ events?: LogEvent[] }>(
      scope,
      'GetLogEvents',
      { ...shared, endTime: line.timestamp + 1, startFromHead: false, limit: around + 1 },
      signal,
    ),
    call<{ events?: LogEvent[] }>(
      scope,
      'GetLogEvents',
      { ...shared, startTime: line.timestamp + 1, startFromHead: true, limit: around },
      signal,
    ),
  ]);
  return sides.flatMap((side) => side.events ?? []);
}

const pageSize = 2000;
const pagesMax = 4;

/**
 * The newest events of a range, newest first. FilterLogEvents begins with the oldest, so the range is read backwards in
 * slices: longer ones while little is found, a shorter one when a slice holds too much.
 */
export async function newestLogEvents(
  scope: Scope,
  query: Omit<LogQuery, 'limit' | 'token'>,
  wanted: number,
  signal?: AbortSignal,
): Promise<{ events: LogEvent[]; complete: boolean }> {
  const found = new Map<string, LogEvent>();
  let end = query.end;
  let length = Math.max(1000, (query.end - query.start) / 16);
  while (end > query.start && found.size < wanted) {
    const start = Math.max(query.start, end - length);
    const slice = await wholeSlice(scope, { ...query, start, end }, signal);
    if (slice === undefined && length > 100) {
      length /= 4;
      continue;
    }
    for (const event of slice ?? []) found.set(event.eventId ?? `${event.timestamp} ${event.message}`, event);
    end = start;
    length *= 2;
  }
  const events = [...found.values()].sort((a, b) => b.timestamp - a.timestamp);
  return { events, complete: end <= query.start };
}

/** Every event of a slice; undefined when it holds more than is sensible to read at once. */
async function wholeSlice(scope: Scope, query: LogQuery, signal?: AbortSignal): Promise<LogEvent[] | undefined> {
  const events: LogEvent[] = [];
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await filterLogEvents(scope, { ...query, limit: pageSize, token }, signal);
    events.push(...answer.events);
    token = answer.nextToken;
    if (!token) return events;
  }
  return undefined;
}
