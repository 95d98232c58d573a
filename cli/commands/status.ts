import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';
import { paint, safeText } from '../output/style.ts';
import { formatTable } from '../output/table.ts';
import { explainRefusal, signedFetch } from '../signed-fetch.ts';

interface ServerStatus {
  version: string;
  ports: Record<string, number>;
  network: { mode: string; reason: string };
  runtime: string;
  notes?: string[];
  ledger: { source: string; received: number; accepted: number; stored: number; refused: number }[];
}

export async function status(options: ConnectionOptions & { json?: boolean }): Promise<void> {
  const connection = connectionFrom(options);
  const answer = await signedFetch(connection, '/_hatoba/status').catch(() => undefined);
  if (answer?.status === 403) throw new CommandError(await explainRefusal(answer, connection));
  if (!answer?.ok) throw new CommandError(`nothing answers at ${connection.endpoint}; start it with: hatoba start`);
  const server = (await answer.json()) as ServerStatus;
  const services = await listServices(connection);
  if (options.json) return console.log(JSON.stringify({ ...server, services }));
  console.log(`hatoba ${server.version} at ${connection.endpoint} (console: ${connection.endpoint}/console/)`);
  console.log(`runtime ${server.runtime}: ${server.network.mode} network, ${server.network.reason}`);
  for (const note of server.notes ?? []) console.log(paint('yellow', note));
  console.log(
    `ports: ${Object.entries(server.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', ')}\n`,
  );
  if (services.length === 0) console.log('No service runs yet.');
  else {
    console.log(
      formatTable(
        ['cluster', 'service', 'running', 'desired', 'revision', 'last event'],
        services.map((s) => [s.cluster, s.service, s.running, s.desired, s.taskDefinition, safeText(s.lastEvent)]),
      ),
    );
  }
  console.log(
    `\n${formatTable(
      ['source', 'received', 'accepted', 'stored', 'refused'],
      server.ledger.map((row) => [row.source, row.received, row.accepted, row.stored, row.refused]),
    )}`,
  );
}

async function listServices(connection: Parameters<typeof awsClients>[0]) {
  const ecs = await awsClients(connection).ecs();
  const { paginateListClusters, paginateListServices } = await import('@aws-sdk/client-ecs');
  const clusters = await gather(paginateListClusters({ client: ecs }, {}), (page) => page.clusterArns);
  const rows = [];
  for (const cluster of clusters) {
    const serviceArns = await gather(
      paginateListServices({ client: ecs, pageSize: 100 }, { cluster }),
      (page) => page.serviceArns,
    );
    for (let i = 0; i < serviceArns.length; i += 10) {
      const { services = [] } = await ecs.describeServices({ cluster, services: serviceArns.slice(i, i + 10) });
      for (const service of services) {
        rows.push({
          cluster: cluster.split('/').at(-1)!,
          service: service.serviceName ?? '',
          running: service.runningCount ?? 0,
          desired: service.desiredCount ?? 0,
          taskDefinition: service.taskDefinition?.split('/').at(-1) ?? '',
          lastEvent: service.events?.[0]?.message ?? '',
        });
      }
    }
  }
  return rows;
}

async function gather<Page>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => string[] | undefined,
): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) found.push(...(itemsOf(page) ?? []));
  return found;
}
