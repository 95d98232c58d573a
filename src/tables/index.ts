import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Plane } from '../wire/aws/service-table.ts';
import { dynamodbTable } from './dynamodb-table.ts';
import { TableProcesses } from './table-processes.ts';

export interface TablesDependencies {
  /** Tables of one account and region are kept in `<dataDirectory>/<account>/<region>`. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The door of the tables plane: DynamoDB by dynalite, in child processes that the first call starts. */
export interface Tables extends Plane {
  /** Process ids of the running children, for status and for tests that kill them. */
  childPids(): number[];
}

export function createTables(dependencies: TablesDependencies): Tables {
  const processes = new TableProcesses(dependencies);
  return {
    services: [dynamodbTable(processes)],
    start: async () => undefined,
    stop: () => processes.stop(),
    childPids: () => processes.pids(),
  };
}
