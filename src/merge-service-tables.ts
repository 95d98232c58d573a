import type { ServiceTable } from './wire/aws/service-table.ts';

/** One table per service: metrics and alarms both answer for `cloudwatch`. An operation may have one owner only. */
export function mergeServiceTables(tables: readonly ServiceTable[]): ServiceTable[] {
  const merged = new Map<string, ServiceTable>();
  for (const table of tables) {
    const other = merged.get(table.service);
    if (!other) {
      merged.set(table.service, table);
      continue;
    }
    const twice = Object.keys(table.handlers).filter((name) => name in other.handlers);
    if (twice.length > 0) throw new Error(`two planes answer ${table.service} ${twice.join(', ')}`);
    const owner = (operation: string) => (operation in other.handlers ? other : table);
    merged.set(table.service, {
      ...other,
      handlers: { ...table.handlers, ...other.handlers },
      resources: (operation, input, context) => owner(operation).resources?.(operation, input, context) ?? ['*'],
      passedRoles: (operation, input, context) => owner(operation).passedRoles?.(operation, input, context) ?? [],
    });
  }
  return [...merged.values()];
}
