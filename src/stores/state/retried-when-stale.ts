import type { OperationHandler } from '../../wire/aws/service-table.ts';
import { StaleVersionError } from './store.ts';

const triesMax = 5;

/** Handlers that read and decide again when somebody was faster: what they did not commit, they have not done. */
export function retriedWhenStale<Table extends Readonly<Record<string, OperationHandler | undefined>>>(
  handlers: Table,
): Table {
  const retried =
    (handler: OperationHandler): OperationHandler =>
    async (input, context) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await handler(input, context);
        } catch (error) {
          if (!(error instanceof StaleVersionError) || attempt === triesMax) throw error;
        }
      }
    };
  const entries = Object.entries(handlers).map(([name, handler]) => [name, handler && retried(handler)]);
  return Object.fromEntries(entries) as Table;
}
