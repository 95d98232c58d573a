import type { OperationFilter } from '@aws-sdk/client-servicediscovery';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { DiscoveryOperation } from '../../model.ts';
import { scopeKey } from '../../store.ts';
import { paginate } from '../paginate.ts';
import type { DiscoveryDeps, DiscoveryHandlers } from './context.ts';

/** Everything is done when its call returns, so operations are only ever found finished. */
export function operationHandlers({ store }: DiscoveryDeps): DiscoveryHandlers {
  return {
    GetOperation: (input, context) => {
      const found = store.get('servicediscovery/operation', scopeKey(context) + input.OperationId)?.value;
      if (!found) throw awsError('OperationNotFound', `Operation not found: ${input.OperationId}`);
      const date = new Date(found.createdTime);
      return {
        Operation: {
          Id: found.id,
          Type: found.type as 'CREATE_NAMESPACE',
          Status: found.status,
          ErrorMessage: found.errorMessage,
          CreateDate: date,
          UpdateDate: date,
          Targets: { ...found.targets },
        },
      };
    },
    ListOperations: (input, context) => {
      const found = store
        .list('servicediscovery/operation', scopeKey(context))
        .map(({ value }) => value)
        .filter((operation) => (input.Filters ?? []).every((filter) => matchesFilter(operation, filter)));
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 100, 'InvalidInput');
      return { Operations: page.map(({ id, status }) => ({ Id: id, Status: status })), NextToken: next };
    },
  };
}

function matchesFilter(operation: DiscoveryOperation, filter: OperationFilter): boolean {
  const values = filter.Values ?? [];
  switch (filter.Name) {
    case 'NAMESPACE_ID':
      return values.includes(operation.targets.NAMESPACE ?? '');
    case 'SERVICE_ID':
      return values.includes(operation.targets.SERVICE ?? '');
    case 'STATUS':
      return values.includes(operation.status);
    case 'TYPE':
      return values.includes(operation.type);
    default: {
      const [from = '0', to = from] = values;
      const seconds = Date.parse(operation.createdTime) / 1000;
      return seconds >= Number(from) && seconds <= Number(to);
    }
  }
}
