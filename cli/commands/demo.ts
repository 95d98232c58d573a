import type { AwsClients } from '../aws-clients.ts';
import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { deployShop } from '../demo/deploy-shop.ts';
import { type ServerProcess, startServer } from '../demo/server-process.ts';
import { shopDirectory, shopServices } from '../demo/shop-files.ts';
import { shop } from '../demo/shop-names.ts';
import { createShopWatch } from '../demo/shop-watch.ts';
import { type Edge, startTraffic, type TrafficReport, untilAnswered } from '../demo/traffic.ts';
import { type Connection, connectionFrom, readInstance } from '../instance.ts';
import { paint } from '../output/style.ts';
import type { ServerOptions } from './start.ts';

interface DemoOptions extends ServerOptions {
  for?: number;
  rate: number;
}

const step = (text: string) => console.log(`${paint('cyan', '•')} ${text}`);
const done = (text: string) => console.log(`${paint('green', '✔')} ${text}`);

/** The whole of hatoba on one screen: server, shop, traffic. Ends on Ctrl-C, on SIGTERM, with its terminal, or after `--for`. */
export async function demo(options: DemoOptions): Promise<void> {
  const ending = endSignal(options.for);
  const dataDir = options.dataDir ?? '.hatoba';
  step('starting hatoba');
  const server = await startServer(serverArguments(options, dataDir));
  const over = new AbortController();
  try {
    for (const line of server.readyLines) console.log(`  ${line}`);
    await Promise.race([runDemo(options, dataDir, ending, over.signal), diedOf(server)]);
  } finally {
    over.abort();
    step('stopping hatoba and the tasks');
    await server.stop();
  }
  done('stopped; the data stay in the data directory for the next start');
}

async function runDemo(options: DemoOptions, dataDir: string, ending: Promise<void>, over: AbortSignal): Promise<void> {
  const instance = readInstance(dataDir);
  if (!instance) throw new CommandError(`${dataDir}/instance.json is missing: is another hatoba using ${dataDir}?`);
  const connection = connectionFrom({ dataDir }, {});
  const clients = awsClients(connection);
  const edge = await Promise.race([deployAndWait(clients, connection, instance.ports.edge, over), ending]);
  if (!edge) return;
  const traffic = startTraffic(edge, options.rate);
  const startedAt = new Date();
  const hasTrace = await Promise.race([firstTrace(clients, startedAt, over), ending]);
  if (hasTrace) {
    done('the first trace is there');
    printNextSteps(instance.url, `http://${edge.host}:${instance.ports.edge}/`);
  }
  const reporting = setInterval(() => console.log(summary(traffic.report)), 15_000);
  await ending;
  clearInterval(reporting);
  await traffic.stop();
  console.log(summary(traffic.report));
}

/** The shop, answering. What `over` finds under way goes on without a word, until the server that it talks to is gone. */
async function deployAndWait(
  clients: AwsClients,
  connection: Connection,
  edgePort: number,
  over: AbortSignal,
): Promise<Edge> {
  const deployed = await deployShop(clients, connection, (text) => {
    over.throwIfAborted();
    step(text);
  });
  over.throwIfAborted();
  step('waiting until the four services are stable');
  await waitUntilStable(clients, over);
  const edge = { port: edgePort, host: deployed.loadBalancerDnsName };
  await untilAnswered(edge, '/api/', over);
  over.throwIfAborted();
  step('canary and alarm');
  await createShopWatch(clients, connection, deployed.loadBalancerDnsName);
  over.throwIfAborted();
  done('the shop is deployed and answers');
  return edge;
}

const summary = (report: TrafficReport): string =>
  `  ${report.sent} requests sent, ${report.answered} answered, ${report.failed} failed, ${report.sampled} sampled` +
  (report.lastError ? ` (last error: ${report.lastError})` : '');

async function waitUntilStable(clients: AwsClients, over: AbortSignal): Promise<void> {
  const ecs = await clients.ecs();
  const { waitUntilServicesStable } = await import('@aws-sdk/client-ecs');
  try {
    await waitUntilServicesStable(
      { client: ecs, maxWaitTime: 120, minDelay: 1, maxDelay: 1, abortSignal: over },
      { cluster: shop.cluster, services: [...shopServices] },
    );
  } catch {
    over.throwIfAborted();
    const { services = [] } = await ecs.describeServices({ cluster: shop.cluster, services: [...shopServices] });
    const events = services.flatMap((service) => service.events?.slice(0, 2).map((event) => event.message ?? '') ?? []);
    throw new CommandError(`the shop did not become stable within 2 minutes:\n  ${events.join('\n  ')}`);
  }
}

async function firstTrace(clients: AwsClients, since: Date, over: AbortSignal): Promise<boolean> {
  const xray = await clients.xray();
  while (!over.aborted) {
    const { TraceSummaries = [] } = await xray.getTraceSummaries({
      StartTime: since,
      EndTime: new Date(),
      FilterExpression: 'service("bff")',
    });
    if (TraceSummaries.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

function printNextSteps(url: string, shopUrl: string): void {
  console.log(`
  ${paint('bold', 'Console')}      ${url}/console/
  ${paint('bold', 'The shop')}     ${shopUrl}

  Try next, in another terminal:
    npx hatoba drill slow-backend           then find out in the console why the page is slow
    npx hatoba drill revoke-permission      the page looks fine; what is wrong?
    npx hatoba map                          the trace map as text
    eval "$(npx hatoba env)" && aws ecs list-services --cluster shop

  Ctrl-C stops everything.
`);
}

function serverArguments(options: DemoOptions, dataDir: string): string[] {
  const given: [string, unknown][] = [
    ['--host', options.host],
    ['--port', options.port],
    ['--xray-port', options.xrayPort],
    ['--otlp-http-port', options.otlpHttpPort],
    ['--otlp-grpc-port', options.otlpGrpcPort],
    ['--edge-port', options.edgePort],
    ['--runtime', options.runtime],
    ['--network', options.network],
    ['--on-stop', options.onStop],
    ['--log-level', options.logLevel],
    ['--config', options.config ?? `${shopDirectory}/hatoba.yaml`],
    ['--data-dir', dataDir],
  ];
  return given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
}

function endSignal(forSeconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    // The terminal was closed. The server has a process group of its own and would go on unseen.
    process.once('SIGHUP', () => resolve());
    // Not a reason to stay when the demo has ended otherwise.
    if (forSeconds !== undefined) setTimeout(resolve, forSeconds * 1000).unref();
  });
}

async function diedOf(server: ServerProcess): Promise<never> {
  throw new CommandError(`hatoba ended by itself with exit code ${await server.ended}`);
}
