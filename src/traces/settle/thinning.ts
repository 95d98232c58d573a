import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { readGroupExpressions } from '../api/groups.ts';
import { FilterExpressionError } from '../filter/expression.ts';
import { traceCondition } from '../find-traces.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import type { ThinningPolicy } from './decide-thinning.ts';
import type { KeptGroups } from './group-retention.ts';
import { readRemovals } from './read-removals.ts';
import { PolicyStore, parsePolicyChange } from './thinning-policy.ts';

export interface ThinningSettings {
  /** What the settings say; the rest has defaults, and the door's changes come over both. */
  readonly policy: Partial<ThinningPolicy>;
  readonly diskBytesMax: number;
  /** Of traces that no group keeps for longer. */
  readonly retentionDays: number;
  /** Of requests that name none. */
  readonly scope: AccountRegion;
}

/** What the door tells beside the policy. */
export interface SettlingStatus {
  /** Minutes whose counts are not added up yet; -1 until the store has been looked through. */
  readonly pendingMinutes: number;
}

interface ThinnedDay {
  readonly day: string;
  readonly account: string;
  readonly region: string;
  readonly isDone: boolean;
  readonly traces: number;
  readonly kept: Readonly<Record<'grouped' | 'problem' | 'slow' | 'rare' | 'sampled', number>>;
  readonly thinned: number;
  readonly thinnedDocuments: number;
  readonly bytesBefore: number;
  /** 0 while it is not done. */
  readonly bytesAfter: number;
}

const bodyBytesMax = 65_536;
const dayMs = 86_400_000;

/** What is kept of old traces: the policy, what it did, and the door to both. */
export class Thinning {
  readonly policies: PolicyStore;
  private readonly deps: { telemetry: TelemetryStore; state: StateStore; clock: Clock; logger: Logger };
  private readonly settings: ThinningSettings;

  constructor(
    deps: { telemetry: TelemetryStore; state: StateStore; clock: Clock; logger: Logger },
    settings: ThinningSettings,
  ) {
    this.deps = deps;
    this.settings = settings;
    this.policies = new PolicyStore(deps.state, settings.policy);
  }

  get diskBytesMax(): number {
    return this.settings.diskBytesMax;
  }

  get retentionDays(): number {
    return this.settings.retentionDays;
  }

  /** Groups that say how long they keep their traces; names without a group are left out. */
  async keptGroups(): Promise<KeptGroups[]> {
    const all = await this.policies.readAllGroups();
    const kept = await Promise.all(
      all.map(async ({ account, region, days }) => {
        const expressions = await readGroupExpressions(this.deps.state, { account, region });
        const groups = Object.entries(days)
          .filter(([group]) => expressions.has(group))
          .map(([group, days]) => ({ group, days }));
        const problems = problemsOf({ account, region }, Object.keys(days), expressions);
        return { account, region, groups, expressions, problems };
      }),
    );
    return kept.filter(({ groups }) => groups.length > 0);
  }

  /** Traces of that time that some group keeps for longer than `ageMs`; all where it cannot be told which are a group's. */
  async groupedTraces(
    scope: AccountRegion,
    range: TimeRange,
    ageMs: number,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const keepDays = Object.entries(await this.policies.readGroups(scope)).filter(([, days]) => days * dayMs > ageMs);
    const found = new Set<string>();
    if (keepDays.length === 0) return found;
    const groups = await readGroupExpressions(this.deps.state, scope);
    const names = keepDays.map(([name]) => name);
    const problems = problemsOf(scope, names, groups);
    for (const [group, reason] of problems) this.deps.logger.warn({ ...scope, group, reason }, 'thinning');
    for (const name of names) {
      const filterExpression = problems.has(name) ? '' : groups.get(name);
      if (filterExpression === undefined) continue;
      const query = { account: scope.account, region: scope.region, ...range, groups, filterExpression };
      const { condition, values } = traceCondition({ ...query, rangeType: 'TraceId' });
      const rows = await this.deps.telemetry.query<{ traceId: string }>(
        `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE account = {account:String} AND region = {region:String}
           AND start >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND start < fromUnixTimestamp64Milli({rangeTo:Int64}) AND ${condition}`,
        values,
        { timeoutMs: 300_000, signal },
      );
      for (const { traceId } of rows) found.add(traceId);
    }
    return found;
  }

  /** Each thinned day of an account and region, newest first. */
  async readDays(scope: AccountRegion): Promise<ThinnedDay[]> {
    const rows = await this.deps.telemetry.query<Record<string, string>>(
      `SELECT toString(toDate(day)) AS date, max(is_done) AS done, argMax(tuple(grouped, problem, slow, rare, sampled, thinned,
         thinned_documents, bytes_before, bytes_after), tuple(is_done, version)) AS row FROM trace_thinned
       WHERE account = {account:String} AND region = {region:String} GROUP BY day ORDER BY day DESC`,
      { account: scope.account, region: scope.region },
    );
    return rows.map(({ date, done, row }) => {
      const [grouped, problem, slow, rare, sampled, thinned, thinnedDocuments, bytesBefore, bytesAfter] = (
        row as unknown as string[]
      ).map(Number) as [number, number, number, number, number, number, number, number, number];
      const kept = { grouped, problem, slow, rare, sampled };
      const traces = grouped + problem + slow + rare + sampled + thinned;
      const { account, region } = scope;
      const isDone = Number(done) === 1;
      return { day: date!, account, region, isDone, traces, kept, thinned, thinnedDocuments, bytesBefore, bytesAfter };
    });
  }

  /**
   * `GET /_hatoba/traces/thinning[?account=&region=]`: the policy, days that groups keep their traces, what thinning and
   * groups' retention took from each day, and how many minutes are still to be added up.
   * `PUT` with `{"policy":{...},"groupKeepDays":{"name":days}}` changes what it names.
   */
  routes(status: () => SettlingStatus): HttpRoute[] {
    const path = '/_hatoba/traces/thinning';
    const scopeOf = (url: URL): AccountRegion => ({
      account: url.searchParams.get('account') || this.settings.scope.account,
      region: url.searchParams.get('region') || this.settings.scope.region,
    });
    return [
      { method: 'GET', path, handle: (_request, response, url) => this.answer(response, scopeOf(url), status()) },
      {
        method: 'PUT',
        path,
        handle: async (request, response, url) => {
          const scope = scopeOf(url);
          const change = parsePolicyChange(await readText(request));
          const groups = await readGroupExpressions(this.deps.state, scope);
          const named = Object.entries(change.groupKeepDays ?? {});
          for (const [name] of named) {
            if (!groups.has(name)) throw awsError('InvalidRequestException', `Group not found: ${name}`);
          }
          const kept = named.filter(([, days]) => days !== null).map(([name]) => name);
          for (const [name, problem] of problemsOf(scope, kept, groups)) {
            throw awsError('InvalidRequestException', `Group ${name} cannot have a retention of its own: ${problem}`);
          }
          await this.policies.write(scope, change);
          await this.answer(response, scope, status());
        },
      },
    ];
  }

  private async answer(response: ServerResponse, scope: AccountRegion, status: SettlingStatus): Promise<void> {
    const [policy, groupKeepDays, days, removals, expressions] = await Promise.all([
      this.policies.read(),
      this.policies.readGroups(scope),
      this.readDays(scope),
      readRemovals(this.deps.telemetry, scope),
      readGroupExpressions(this.deps.state, scope),
    ]);
    const sum = (member: 'traces' | 'thinned' | 'thinnedDocuments') => days.reduce((all, day) => all + day[member], 0);
    const savedBytes = days
      .filter(({ isDone }) => isDone)
      .reduce((all, { bytesBefore, bytesAfter }) => all + Math.max(0, bytesBefore - bytesAfter), 0);
    const totals = {
      traces: sum('traces'),
      thinned: sum('thinned'),
      thinnedDocuments: sum('thinnedDocuments'),
      removed: removals.reduce((all, { removed }) => all + removed, 0),
      removedDocuments: removals.reduce((all, { removedDocuments }) => all + removedDocuments, 0),
      savedBytes,
      removedBytes: removals.reduce((all, { savedBytes }) => all + savedBytes, 0),
    };
    const groupProblems = Object.fromEntries(problemsOf(scope, Object.keys(groupKeepDays), expressions));
    const { retentionDays } = this.settings;
    const body = { ...status, policy, retentionDays, groupKeepDays, groupProblems, totals, days, removals };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  }
}

/** Groups that cannot be asked which traces are theirs, and why: root causes are known of single traces only. */
function problemsOf(
  scope: AccountRegion,
  names: readonly string[],
  groups: ReadonlyMap<string, string>,
): Map<string, string> {
  const problems = new Map<string, string>();
  for (const name of names) {
    const filterExpression = groups.get(name);
    if (filterExpression === undefined) continue;
    try {
      traceCondition({ ...scope, startMs: 0, endMs: 0, rangeType: 'TraceId', filterExpression, groups });
    } catch (error) {
      if (!(error instanceof FilterExpressionError)) throw error;
      problems.set(name, error.message);
    }
  }
  return problems;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax)
      throw awsError('InvalidRequestException', `A policy takes at most ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
