import { awsError } from '../wire/aws/aws-error.ts';
import type { CallContext } from '../wire/aws/call-context.ts';
import type { Operation } from '../wire/aws/model.ts';
import type { RawRequest, RawResponse, ServiceTable } from '../wire/aws/service-table.ts';

export type HandlerResult =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'raw'; readonly response: RawResponse };

/** Calls the plane that serves the operation. */
export async function callHandler(
  table: ServiceTable,
  operation: Operation,
  input: unknown,
  raw: RawRequest,
  context: CallContext,
): Promise<HandlerResult> {
  if (table.forward) return { kind: 'raw', response: await table.forward(operation.name, raw, context) };
  return { kind: 'value', value: await table.handlers[operation.name]!(input, context) };
}

/** The plane that serves the operation. Throws NotImplemented (501), naming it, when there is none. */
export function requireTable(tables: ReadonlyMap<string, ServiceTable>, operation: Operation): ServiceTable {
  const table = tables.get(operation.service.id);
  if (table && Object.hasOwn(table.handlers, operation.name)) return table;
  throw awsError('NotImplemented', `hatoba does not implement ${operation.service.id}:${operation.name} yet.`, 501);
}
