import type { CallContext } from '../../../wire/aws/call-context.ts';
import type { ServiceTable } from '../../../wire/aws/service-table.ts';
import { type DiscoveryDeps, discoveryArn } from './context.ts';
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

function resourcesOf(operation: string, input: Record<string, unknown>, context: CallContext): string[] {
  const named = input.ResourceARN ?? input.ServiceId ?? input.Id ?? input.NamespaceId;
  if (typeof named !== 'string') return ['*'];
  if (named.startsWith('arn:')) return [named];
  if (operation === 'GetOperation') return ['*'];
  return [discoveryArn(context, `${named.startsWith('ns-') ? 'namespace' : 'service'}/${named}`)];
}
