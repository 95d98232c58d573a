import { cellWidth, fit, wrap } from '../output/fit.ts';
import { formatSeconds, paint, safeText } from '../output/style.ts';
import type { ChainLink } from './chain-exceptions.ts';
import type { Lane } from './draw-timeline.ts';
import type { TraceRow } from './lay-out-trace.ts';
import type { LogLine, TraceContext, WholeTrace } from './read-trace.ts';
import { isThrottled } from './segment-document.ts';

/** The parts of a trace in words, as lines for a terminal. Pure; texts of others are made safe here. */

const framesMax = 8;
const itemsMax = 20;

interface Size {
  /** Longer texts are broken into lines. */
  readonly columns: number;
  /** Nothing is cut. */
  readonly all: boolean;
}

/** A title and its lines; nothing where there are none. */
export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', paint('bold', title), ...lines];

type Colour = 'red' | 'yellow' | 'reset';

/** A line that, where it is too long, goes on further to the right. */
function tell(text: string, { columns }: Size, colour: Colour = 'reset'): string[] {
  const indent = ' '.repeat(text.length - text.trimStart().length);
  const [first = '', ...more] = wrap(text.trim(), columns, `${indent}    `);
  const whole = cellWidth(text) <= columns ? [text] : [indent + first.trimStart(), ...more];
  return whole.map((line) => (colour === 'reset' ? line : paint(colour, line)));
}

export function describeHead({ id, documents, start, end, links }: WholeTrace, rows: readonly TraceRow[]): string[] {
  const root = rows[0];
  const { request, response } = root?.documents[0]?.http ?? {};
  const asked = [request?.method, request?.url]
    .filter(Boolean)
    .map((value) => safeText(String(value)))
    .join(' ');
  const outcome = root ? paint(root.outcome === 'ok' ? 'green' : 'red', root.outcome) : '';
  const status = response?.status === undefined ? '' : `${safeText(String(response.status))} `;
  const client = request?.client_ip === undefined ? '' : `, client ${safeText(String(request.client_ip))}`;
  const sent = documents.filter(({ inferred }) => !inferred).length;
  const linked = [
    ...links.before.map((link) => ({ ...link, words: 'continues', sign: -1 })),
    ...links.after.map((link) => ({ ...link, words: 'continued by', sign: 1 })),
  ];
  return [
    `${paint('bold', id)}  ${status}${outcome}  ${formatSeconds(end - start)}`,
    ...(asked === '' ? [] : [asked]),
    `${new Date(start * 1000).toISOString()}, ${counted(sent, 'segment')}${client}`,
    ...linked.slice(0, itemsMax).map(({ traceId, name, startTime, words, sign }) => {
      const distance = startTime === undefined ? 0 : (startTime - start) * sign;
      const when =
        startTime === undefined
          ? ''
          : `, ${formatSeconds(Math.abs(distance))} ${distance * sign < 0 ? 'earlier' : 'later'}`;
      return `${words} ${name ? `${safeText(name)} ` : ''}${traceId}${when}`;
    }),
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Who called whom, from the client on. */
export function describeMap({ services }: WholeTrace, size: Size): string[] {
  const names = new Map(
    services.map((service) => [service.ReferenceId, service.Type === 'client' ? 'Client' : service.Name]),
  );
  return callersFirst(services)
    .flatMap((service) =>
      (service.Edges ?? []).map((edge) => {
        const {
          TotalCount = 0,
          TotalResponseTime = 0,
          FaultStatistics,
          ErrorStatistics,
        } = edge.SummaryStatistics ?? {};
        const [faults, errors] = [FaultStatistics?.TotalCount ?? 0, ErrorStatistics?.TotalCount ?? 0];
        const bad = faults > 0 ? `, ${counted(faults, 'fault')}` : errors > 0 ? `, ${counted(errors, 'error')}` : '';
        const from = safeText(names.get(service.ReferenceId) ?? '');
        const to = safeText(names.get(edge.ReferenceId) ?? '');
        const time =
          TotalCount > 0 && edge.EdgeType !== 'link' ? `, ${formatSeconds(TotalResponseTime / TotalCount)}` : '';
        const calls = edge.EdgeType === 'link' ? 'by a link' : counted(TotalCount, 'call');
        return {
          text: `  ${from} → ${to}: ${calls}${time}${bad}`,
          colour: faults > 0 ? 'red' : errors > 0 ? 'yellow' : 'reset',
        } as const;
      }),
    )
    .slice(0, itemsMax)
    .flatMap(({ text, colour }) => tell(text, size, colour));
}

/** Clients, then whom they call, and so on; what nobody calls comes last. */
function callersFirst(services: WholeTrace['services']): WholeTrace['services'][number][] {
  const byId = new Map(services.map((service) => [service.ReferenceId, service]));
  const found = new Set(services.filter(({ Type }) => Type === 'client'));
  for (const service of found) {
    for (const { ReferenceId } of service.Edges ?? []) {
      const callee = byId.get(ReferenceId);
      if (callee) found.add(callee);
    }
  }
  return [...new Set([...found, ...services])];
}

/** Where the time went: each service and callee by its own time, most first. */
export function describeOwnTimes(rows: readonly TraceRow[], size: Size): string[] {
  const times = new Map<string, { seconds: number; number: number }>();
  for (const { kind, name, service, ownSeconds, number } of rows) {
    const who = kind === 'call' ? `${service} → ${name}` : service;
    const known = times.get(who) ?? { seconds: 0, number };
    times.set(who, { ...known, seconds: known.seconds + ownSeconds });
  }
  return [...times]
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .slice(0, 5)
    .flatMap(([who, { seconds, number }]) =>
      tell(`${rowOf(number)} ${formatSeconds(seconds).padStart(9)}  ${safeText(who)}`, size),
    );
}

const rowOf = (number: number): string => String(number).padStart(4);

export function describeDeployments({ deployments }: TraceContext, size: Size): string[] {
  return deployments.flatMap((deployment) => {
    const { service, revision, previousRevision, status, when, secondsBefore, servedBy, at, finishedAt } = deployment;
    const time = formatSeconds(Math.abs(secondsBefore));
    const state = statusWords[status] ?? status.toLowerCase().replaceAll('_', ' ');
    const told =
      when === 'before'
        ? `${state} ${time} before`
        : `${finishedAt ? 'in progress then' : state}, began ${time} ${secondsBefore < 0 ? 'into it' : 'before'}`;
    const took =
      when === 'during' && finishedAt
        ? `, ${state} after ${formatSeconds((Date.parse(finishedAt) - Date.parse(at)) / 1000)}`
        : '';
    const served = servedBy.length > 0 ? `; served by ${servedBy.join(', ')}` : '';
    const what = `${service}: ${previousRevision ? `${previousRevision} → ` : ''}${revision}`;
    return tell(`  ${safeText(`${what}, ${told}${took}${served}`)}`, size, when === 'during' ? 'yellow' : 'reset');
  });
}

const statusWords: Readonly<Record<string, string>> = {
  SUCCESSFUL: 'completed',
  IN_PROGRESS: 'in progress',
  ROLLBACK_SUCCESSFUL: 'rolled back',
  ROLLBACK_IN_PROGRESS: 'rolling back',
  STOPPED: 'overtaken by another',
};

/** From here on a task is near what it may use. */
const nearPercent = 90;

/** How loaded the tasks were, and which ended. */
export function describeTasks({ usage, stops }: TraceContext, start: number, size: Size): string[] {
  const percent = (value: number | undefined) => (value === undefined ? '-' : `${Number(value.toPrecision(3))} %`);
  return [
    ...usage.slice(0, itemsMax).flatMap(({ service, task, cpuPercent, memoryPercent }) => {
      const near = Math.max(cpuPercent ?? 0, memoryPercent ?? 0) >= nearPercent;
      const who = safeText(`${service}${task ? ` ${task.slice(0, 8)}` : ''}`);
      const words = `  ${who}: CPU ${percent(cpuPercent)}, memory ${percent(memoryPercent)}${near ? ', near its limit' : ''}`;
      return tell(words, size, near ? 'yellow' : 'reset');
    }),
    ...stops.slice(0, itemsMax).flatMap(({ service, task, at, reason }) => {
      const after = formatSeconds(Date.parse(at) / 1000 - start);
      const who = `${safeText(service)} ${safeText(task.slice(0, 8))}`;
      return tell(`  ${who} ended at +${after}: ${safeText(reason)}`, size, 'red');
    }),
  ];
}

/** Rows with something that was throttled, and when. */
export function describeThrottles(rows: readonly TraceRow[], start: number, size: Size): string[] {
  return throttledRows(rows)
    .slice(0, itemsMax)
    .flatMap(({ number, name, service, kind, documents, end, ...row }) => {
      const who = kind === 'segment' ? name : `${service} → ${name}`;
      const count = documents.length > 1 ? `, ${documents.length} times` : '';
      const at = `+${formatSeconds(row.start - start)}`;
      const words = `${safeText(who)}, ${formatSeconds(end - row.start)}${count}`;
      return tell(`${rowOf(number)} ${at.padStart(10)}  ${words}`, size);
    });
}

const throttledRows = (rows: readonly TraceRow[]): TraceRow[] =>
  rows.filter(({ documents }) => documents.some(isThrottled));

/** What is drawn below the rows, on their axis. */
export function lanesOf(rows: readonly TraceRow[], context: TraceContext, logLines: readonly LogLine[]): Lane[] {
  const seconds = (text: string | undefined) =>
    text === undefined ? Number.POSITIVE_INFINITY : Date.parse(text) / 1000;
  const at = (time: number) => ({ from: time, to: time });
  const throttled = throttledRows(rows);
  return [
    ...context.deployments
      .filter(({ when }) => when === 'during')
      .map(
        (one): Lane => ({
          name: safeText(`deploy ${one.service} ${one.revision.slice(one.revision.lastIndexOf(':') + 1)}`),
          mark: '=',
          colour: 'yellow',
          times: [{ from: seconds(one.at), to: seconds(one.finishedAt) }],
        }),
      ),
    {
      name: 'throttled',
      mark: '!',
      colour: 'magenta',
      times: throttled.map(({ start, end }) => ({ from: start, to: end })),
    } as const,
    { name: 'task ended', mark: 'x', colour: 'red', times: context.stops.map((stop) => at(seconds(stop.at))) } as const,
    {
      name: 'log lines',
      mark: '.',
      colour: 'gray',
      times: logLines.map(({ timestampMs }) => at(timestampMs / 1000)),
    } as const,
  ].filter(({ times }) => times.length > 0);
}

/** Each exception with its stack, and below it what caused it. */
export function describeExceptions(chains: readonly (readonly ChainLink[])[], { columns, all }: Size): string[] {
  const lines: string[] = [];
  for (const chain of chains.slice(0, all ? chains.length : itemsMax)) {
    if (lines.length > 0) lines.push('');
    for (const [depth, { exception, row, named, causeMissing }] of chain.entries()) {
      const indent = '  '.repeat(Math.min(depth, 8));
      const elsewhere = depth > 0 && row !== chain[depth - 1]!.row ? ` in row ${row.number} ${safeText(row.name)}` : '';
      const lead = depth === 0 ? `${rowOf(row.number)} ${safeText(row.name)}: ` : `${indent}   caused by${elsewhere}: `;
      const type = safeText(exception.type || 'exception');
      const remote = exception.remote ? ' (remote)' : '';
      const [first = '', ...more] = wrap(
        `${lead.trim()} ${type}${remote}: ${safeText(exception.message ?? '')}`.trim(),
        columns,
        `${indent}     `,
      );
      // The row's number stands before the indent of what follows.
      lines.push(paint('red', depth === 0 ? first.replace(/^\s*\d+ /, `${rowOf(row.number)} `) : first));
      lines.push(...more.map((line) => paint('red', line)));
      lines.push(...describeStack(exception, `${indent}       `, { columns, all }));
      if (named.length > 0)
        lines.push(
          `${indent}       named as the cause of ${named.map((one) => `row ${one.number} ${safeText(one.name)}`).join(', ')}`,
        );
      if (causeMissing) lines.push(`${indent}       its cause (${safeText(String(exception.cause))}) was not sent`);
    }
  }
  if (!all && chains.length > itemsMax) lines.push(`     ... ${chains.length - itemsMax} more: --all prints them`);
  return lines;
}

function describeStack(
  { stack, truncated = 0 }: ChainLink['exception'],
  indent: string,
  { columns, all }: Size,
): string[] {
  const frames = Array.isArray(stack) ? stack : [];
  const shown = all ? frames : frames.slice(0, framesMax);
  const left = frames.length - shown.length + truncated;
  return [
    ...shown.flatMap(({ label, path, line }) => {
      const where = `${safeText(path ?? '')}${line ? `:${line}` : ''}`;
      return wrap(`at ${safeText(label || '(anonymous)')}${where ? ` (${where})` : ''}`, columns, indent);
    }),
    ...(left > 0 ? [`${indent}... ${left} more frames`] : []),
  ].map((text) => paint('gray', text));
}

/** Each statement once, with how often and how long. */
export function describeSql(rows: readonly TraceRow[], { columns, all }: Size): string[] {
  const statements = new Map<string, { number: number; name: string; count: number; seconds: number }>();
  for (const { number, name, documents } of rows) {
    for (const { sql, start_time, end_time = start_time } of documents) {
      const query = typeof sql?.sanitized_query === 'string' ? sql.sanitized_query : undefined;
      if (query === undefined) continue;
      const known = statements.get(query) ?? { number, name, count: 0, seconds: 0 };
      statements.set(query, { ...known, count: known.count + 1, seconds: known.seconds + end_time - start_time });
    }
  }
  return [...statements]
    .slice(0, all ? statements.size : itemsMax)
    .flatMap(([query, { number, name, count, seconds }]) => {
      const times = count > 1 ? `, ${count} times, together` : ',';
      const lines = wrap(safeText(query), columns, '       ');
      return [
        `${rowOf(number)} ${safeText(name)}${times} ${formatSeconds(seconds)}`,
        ...(all ? lines : lines.slice(0, 3)),
        ...(all || lines.length <= 3 ? [] : ['       ...']),
      ];
    });
}

export function describeAnnotations(rows: readonly TraceRow[], { columns, all }: Size): string[] {
  const lines = rows.flatMap(({ number, documents: [document] }) => {
    const pairs = Object.entries(document?.annotations ?? {}).map(([key, value]) => `${key}=${String(value)}`);
    if (pairs.length === 0) return [];
    const [first = '', ...more] = wrap(safeText(pairs.join('  ')), columns, '     ');
    return [`${rowOf(number)} ${first.trimStart()}`, ...more];
  });
  return all || lines.length <= itemsMax ? lines : [...lines.slice(0, itemsMax), '     ...'];
}

/** With the time since the trace's beginning. */
export function describeLogLines(lines: readonly LogLine[], start: number, { columns }: Size): string[] {
  const longest = lines.reduce((most, { logStreamName }) => Math.max(most, cellWidth(safeText(logStreamName))), 0);
  const streamWidth = Math.min(longest, Math.max(12, Math.min(32, Math.floor(columns * 0.25))));
  return lines.map(({ timestampMs, logStreamName, message }) => {
    const offset = timestampMs / 1000 - start;
    const time = fit(`${offset < 0 ? '-' : '+'}${formatSeconds(Math.abs(offset))}`, 10, 'right');
    const stream = fit(safeText(logStreamName), streamWidth);
    // Where it continues it stands below its own beginning.
    const [first = '', ...more] = wrap(safeText(message).trimEnd(), columns, ' '.repeat(cellWidth(stream) + 12));
    return [`${paint('gray', time)} ${paint('cyan', stream)} ${first.trimStart()}`, ...more].join('\n');
  });
}
