import type { CallOperation } from './overview/index.ts';
import { newUuid } from './platform/ids.ts';
import { awsError } from './wire/aws/aws-error.ts';
import type { ServiceTable } from './wire/aws/service-table.ts';

/** Calls an operation from inside, as the root of the scope's account would: for parts that are clients of the planes. */
export function callOperationOf(tables: readonly ServiceTable[]): CallOperation {
  return async <Output>(...[service, operation, input, scope]: Parameters<CallOperation>): Promise<Output> => {
    const handler = tables.find((table) => table.service === service)?.handlers[operation];
    if (!handler) throw awsError('UnknownOperationException', `${service}:${operation} is not supported`, 501);
    const arn = `arn:aws:iam::${scope.account}:root`;
    return (await handler(input, {
      account: scope.account,
      region: scope.region,
      requestId: newUuid(),
      principal: { kind: 'root', account: scope.account, arn, userId: scope.account },
      signal: new AbortController().signal,
    })) as Output;
  };
}
