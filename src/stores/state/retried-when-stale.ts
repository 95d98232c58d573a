import type { OperationHandler } from '../../wire/aws/service-table.ts';
import { StaleVersionError } from './store.ts';

const triesMax = 5;

/** Runs it again when somebody was faster: it reads and decides anew, and what it did not commit, it has not done. */
export async function retryWhenStale<Result>(run: () => Promise<Result> | Result): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StaleVersionError) || attempt === triesMax) throw error;
    }
  }
}

/** Handlers that read and decide again when somebody was faster: what they did not commit, they have not done. */
export function retriedWhenStale<Table extends Readonly<Record<string, OperationHandler | undefined>>>(
  handlers: Table,
): Table {
  const retried =
    (handler: OperationHandler): OperationHandler =>
    (input, context) =>
      retryWhenStale(() => handler(input, context));
  const entries = Object.entries(handlers).map(([name, handler]) => [name, handler && retried(handler)]);
  return Object.fromEntries(entries) as Table;
}
