import type { CallContext } from '../../../wire/aws/call-context.ts';
import type { ServiceTable } from '../../../wire/aws/service-table.ts';
import { type DiscoveryDeps, discoveryArn, toId } from './context.ts';
import { instanceHandlers } from './instances.ts';
import { namespaceHandlers } from './namespaces.ts';
import { operationHandlers } from './operations.ts';
import { serviceHandlers } from './services.ts';
import { tagHandlers } from './tags.ts';

/** Cloud Map. */
export const servicediscoveryTable = (deps: DiscoveryDeps): ServiceTable => ({
  service: 'servicediscovery',
  handlers: {
    ...namespaceHandlers(deps),
    ...serviceHandlers(deps),
    ...instanceHandlers(deps),
    ...operationHandlers(deps),
    ...tagHandlers(deps),
  },
  resources: (operation, input, context) => resourcesOf(operation, input ?? {}, context),
});

/** Ids are looked up in the call's own account and region, whatever ARN they were given in: so are these made. */
function resourcesOf(operation: string, input: Record<string, unknown>, context: CallContext): string[] {
  const named = input.ResourceARN ?? input.ServiceId ?? input.Id ?? input.NamespaceId;
  if (typeof named !== 'string' || operation === 'GetOperation') return ['*'];
  const id = toId(named);
  return [discoveryArn(context, `${id.startsWith('ns-') ? 'namespace' : 'service'}/${id}`)];
}
