import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TaskEndpoints, TaskMetadata } from './compute/index.ts';
import type { Identity } from './identity/index.ts';
import type { CallOperation } from './overview/index.ts';
import type { Traces } from './traces/index.ts';
import type { Traffic } from './traffic/index.ts';
import type { AccountRegion, WorkloadIdentity } from './wire/aws/call-context.ts';

type Handle = (request: IncomingMessage, response: ServerResponse, workload?: WorkloadIdentity) => Promise<void>;

/** What a task finds on its own listeners: the doors of the planes, with the task named on every call. */
export function taskEndpointsOf(deps: {
  gateway: Handle;
  daemonCalls: Handle;
  traces: Pick<Traces, 'receivers'>;
  traffic: Pick<Traffic, 'serveDns' | 'discoveryPort'>;
  identity: Pick<Identity, 'issueTaskCredentials'>;
  taskMetadata: (taskId: string) => Promise<TaskMetadata | undefined>;
  callOperation: CallOperation;
}): TaskEndpoints {
  return {
    gateway: (request, response, workload) => void deps.gateway(request, response, workload),
    xrayUdp: (socket, workload) => deps.traces.receivers.serveDaemonUdp(socket, workload),
    xrayTcp: (request, response, workload) => void deps.daemonCalls(request, response, workload),
    otlpHttp: (request, response, workload) => void deps.traces.receivers.serveOtlpHttp(request, response, workload),
    otlpGrpc: (connection, workload) => deps.traces.receivers.serveOtlpGrpc(connection, workload),
    dns: (socket, scope) => deps.traffic.serveDns(socket, scope),
    discoveryUrls: (scope) => discoveryUrls(deps, scope),
    credentials: (workload, roleArn) => deps.identity.issueTaskCredentials(workload, roleArn, workload.taskArn),
    taskMetadata: deps.taskMetadata,
  };
}

/** `BACKEND1_URL` for backend1.shop.local: the port of a pipe over its healthy instances. */
async function discoveryUrls(
  deps: { traffic: Pick<Traffic, 'discoveryPort'>; callOperation: CallOperation },
  scope: AccountRegion,
): Promise<Record<string, string>> {
  type Names = { Namespaces?: { Id?: string; Name?: string }[]; Services?: { Name?: string }[] };
  const urls: Record<string, string> = {};
  const { Namespaces = [] } = await deps.callOperation<Names>('servicediscovery', 'ListNamespaces', {}, scope);
  for (const namespace of Namespaces) {
    const Filters = [{ Name: 'NAMESPACE_ID', Values: [namespace.Id ?? ''] }];
    const { Services = [] } = await deps.callOperation<Names>('servicediscovery', 'ListServices', { Filters }, scope);
    for (const { Name = '' } of Services) {
      const port = await deps.traffic.discoveryPort(scope, `${Name}.${namespace.Name}`);
      urls[`${Name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_URL`] = `http://127.0.0.1:${port}`;
    }
  }
  return urls;
}
