import path from 'node:path';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { RawResponse } from '../wire/aws/service-table.ts';
import type { TablesDependencies } from './index.ts';
import { TableProcess } from './table-process.ts';

// A child takes some 60 MB, and callers may name any account and region: the one used longest ago makes room.
const CHILDREN_MAX = 4;

/** One child process for each account and region in use; dynalite reads both once, when it opens. */
export class TableProcesses {
  private readonly dependencies: TablesDependencies;
  /** Least recently used first. */
  private readonly running = new Map<string, TableProcess>();
  private stopped = false;

  constructor(dependencies: TablesDependencies) {
    this.dependencies = dependencies;
  }

  async send(operation: string, body: Buffer, scope: AccountRegion): Promise<RawResponse> {
    if (this.stopped) throw awsError('InternalServerError', 'hatoba is stopping.', 500);
    return (await this.processOf(scope)).send(operation, body);
  }

  pids(): number[] {
    return [...this.running.values()].flatMap((child) => child.pid ?? []);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.running.values()].map((child) => child.stop()));
    this.running.clear();
  }

  private async processOf(scope: AccountRegion): Promise<TableProcess> {
    const key = `${scope.account}/${scope.region}`;
    const existing = this.running.get(key);
    const child =
      existing ?? new TableProcess(scope, path.join(this.dependencies.dataDirectory, key), this.dependencies);
    this.running.delete(key);
    this.running.set(key, child);
    if (!existing && this.running.size > CHILDREN_MAX) await this.makeRoom(key);
    return child;
  }

  private async makeRoom(newKey: string): Promise<void> {
    const idle = [...this.running].find(([key, child]) => key !== newKey && !child.isBusy);
    if (!idle) {
      this.running.delete(newKey);
      throw awsError('ThrottlingException', 'Tables of too many accounts and regions are in use at once.', 429);
    }
    this.running.delete(idle[0]);
    await idle[1].stop();
  }
}
