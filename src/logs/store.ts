import { StaleVersionError, type StateStore, type Versioned } from '../stores/state/store.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { LogGroup, LogStream, MetricFilter } from './model.ts';

const attemptsMax = 10;

export const noSuchGroup = () => awsError('ResourceNotFoundException', 'The specified log group does not exist.');
export const noSuchStream = () => awsError('ResourceNotFoundException', 'The specified log stream does not exist.');

/** Up to which byte a followed file is stored, kept when its events may go before the file does. */
export interface SourceFloor {
  readonly generation: number;
  readonly end: number;
}

const groupKey = ({ account, region }: AccountRegion, group: string) => `${account}/${region}/${group}`;
/** Neither group nor stream names hold a colon. */
const childKey = (scope: AccountRegion, group: string, child: string) => `${groupKey(scope, group)}:${child}`;

/** Groups, streams and metric filters in the state store. Events are in the telemetry store. */
export class LogsStore {
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  async findGroup(scope: AccountRegion, name: string): Promise<LogGroup | undefined> {
    return (await this.state.get<LogGroup>('log-group', groupKey(scope, name)))?.value;
  }

  async getGroup(scope: AccountRegion, name: string): Promise<LogGroup> {
    const group = await this.findGroup(scope, name);
    if (!group) throw noSuchGroup();
    return group;
  }

  async listGroups(scope: AccountRegion, namePrefix = ''): Promise<LogGroup[]> {
    return values(await this.state.list<LogGroup>('log-group', groupKey(scope, namePrefix)));
  }

  async listAllGroups(): Promise<LogGroup[]> {
    return values(await this.state.list<LogGroup>('log-group'));
  }

  /** False when it is there already. */
  createGroup(group: LogGroup): Promise<boolean> {
    return this.create('log-group', groupKey(group, group.name), group);
  }

  async updateGroup(scope: AccountRegion, name: string, change: (group: LogGroup) => LogGroup): Promise<LogGroup> {
    const key = groupKey(scope, name);
    for (let attempt = 1; ; attempt += 1) {
      const current = await this.state.get<LogGroup>('log-group', key);
      if (!current) throw noSuchGroup();
      const next = change(current.value);
      try {
        await this.state.commit([{ kind: 'log-group', key, expect: current.version, put: next }]);
        return next;
      } catch (error) {
        if (!(error instanceof StaleVersionError) || attempt === attemptsMax) throw error;
      }
    }
  }

  /** The group with its streams and filters, at once. */
  async deleteGroup(scope: AccountRegion, name: string): Promise<void> {
    const children = await Promise.all(
      ['log-stream', 'log-metric-filter'].map(async (kind) =>
        (await this.state.list(kind, `${groupKey(scope, name)}:`)).map(({ key }) => ({ kind, key })),
      ),
    );
    const all = [{ kind: 'log-group', key: groupKey(scope, name) }, ...children.flat()];
    await this.state.commit(all.map(({ kind, key }) => ({ kind, key, expect: 'any', delete: true })));
  }

  async findStream(scope: AccountRegion, group: string, stream: string): Promise<LogStream | undefined> {
    return (await this.state.get<LogStream>('log-stream', childKey(scope, group, stream)))?.value;
  }

  /** Throws ResourceNotFoundException for the group or the stream, whichever is missing. */
  async getStream(scope: AccountRegion, group: string, stream: string): Promise<LogStream> {
    const found = await this.findStream(scope, group, stream);
    if (found) return found;
    await this.getGroup(scope, group);
    throw noSuchStream();
  }

  async listStreams(scope: AccountRegion, group: string, namePrefix = ''): Promise<LogStream[]> {
    return values(await this.state.list<LogStream>('log-stream', childKey(scope, group, namePrefix)));
  }

  createStream(scope: AccountRegion, stream: LogStream): Promise<boolean> {
    return this.create('log-stream', childKey(scope, stream.logGroupName, stream.name), stream);
  }

  /** Creates group and stream where they are missing. */
  async ensureStream(scope: AccountRegion, logGroupName: string, name: string, createdAtMs: number): Promise<void> {
    if (await this.findStream(scope, logGroupName, name)) return;
    const { account, region } = scope;
    await this.createGroup({ account, region, name: logGroupName, createdAtMs, logGroupClass: 'STANDARD', tags: [] });
    await this.createStream(scope, { name, logGroupName, createdAtMs });
  }

  async deleteStream(scope: AccountRegion, group: string, stream: string): Promise<void> {
    const key = childKey(scope, group, stream);
    await this.state.commit([{ kind: 'log-stream', key, expect: 'any', delete: true }]);
  }

  async listMetricFilters(scope: AccountRegion, group?: string): Promise<MetricFilter[]> {
    const prefix = group === undefined ? groupKey(scope, '') : `${groupKey(scope, group)}:`;
    return values(await this.state.list<MetricFilter>('log-metric-filter', prefix));
  }

  async putMetricFilter(scope: AccountRegion, filter: MetricFilter): Promise<void> {
    const key = childKey(scope, filter.logGroupName, filter.filterName);
    await this.state.commit([{ kind: 'log-metric-filter', key, expect: 'any', put: filter }]);
  }

  /** False when there was none. */
  async deleteMetricFilter(scope: AccountRegion, group: string, name: string): Promise<boolean> {
    const key = childKey(scope, group, name);
    if (!(await this.state.get('log-metric-filter', key))) return false;
    await this.state.commit([{ kind: 'log-metric-filter', key, expect: 'any', delete: true }]);
    return true;
  }

  /** Calls back after any change of metric filters. Returns the way to stop it. */
  watchMetricFilters(onChange: () => void): () => void {
    return this.state.watch('log-metric-filter', 0, onChange);
  }

  async findSourceFloor(path: string): Promise<SourceFloor | undefined> {
    return (await this.state.get<SourceFloor>('log-source-floor', path))?.value;
  }

  async putSourceFloor(path: string, floor: SourceFloor): Promise<void> {
    await this.state.commit([{ kind: 'log-source-floor', key: path, expect: 'any', put: floor }]);
  }

  async deleteSourceFloor(path: string): Promise<void> {
    await this.state.commit([{ kind: 'log-source-floor', key: path, expect: 'any', delete: true }]);
  }

  private async create(kind: string, key: string, value: unknown): Promise<boolean> {
    try {
      await this.state.commit([{ kind, key, expect: 'absent', put: value }]);
      return true;
    } catch (error) {
      if (error instanceof StaleVersionError) return false;
      throw error;
    }
  }
}

const values = <Value>(resources: readonly Versioned<Value>[]): Value[] => resources.map(({ value }) => value);
