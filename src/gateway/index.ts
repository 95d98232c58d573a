import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Identity } from '../identity/index.ts';
import { ByteBudget } from '../platform/byte-budget.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Principal, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { OperationFinder } from '../wire/aws/identify-operation.ts';
import { openModelPack } from '../wire/aws/model-pack.ts';
import type { HttpRoute, ServiceTable } from '../wire/aws/service-table.ts';
import { answerRequest } from './answer-request.ts';
import { operationsRoute } from './operations-route.ts';
import { Readiness } from './readiness.ts';

export interface GatewayConfig {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** `open`: any credentials are accepted as the account's root, except keys that hatoba issued. `enforce`: signatures and policies. */
  readonly auth: 'open' | 'enforce';
  /** Account of callers whose access key id is not twelve digits. */
  readonly account: string;
  /** Host names, beside loopback and bound addresses, that a request may be addressed to. */
  readonly allowedHosts: readonly string[];
  /** Origins of other web pages that may call: `https://grafana.example`. */
  readonly corsOrigins: readonly string[];
  /** Of a request's body, both as sent and inflated. */
  readonly bodyBytesMax: number;
  /** Built console, served at `/console/`; left out when there is none. */
  readonly consoleDirectory?: string;
}

/** What is known of a call when it has been answered. */
export interface CallRecord {
  readonly at: Date;
  readonly durationMs: number;
  readonly requestId: string;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly principalArn: string | undefined;
  readonly taskArn: string | undefined;
  readonly status: number;
  readonly errorCode: string | undefined;
}

export interface GatewayDependencies {
  readonly config: GatewayConfig;
  readonly services: readonly ServiceTable[];
  readonly routes: readonly HttpRoute[];
  readonly identity: Pick<Identity, 'findAccessKey' | 'authorize'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The role that a task's unsigned calls act as; undefined when its definition names none. */
  rolePrincipalOfTask?(workload: WorkloadIdentity): Promise<Principal | undefined>;
  onCall?(record: CallRecord): void;
}

export interface Gateway {
  start(): Promise<void>;
  /** Lets calls that are being answered finish, for at most two seconds. */
  stop(): Promise<void>;
  /** Until then calls wait up to five seconds and are then answered 503. */
  setReady(): void;
  /** The bound port, once started. */
  readonly port: number;
  /** Answers a request from another listener; `workload` names the task whose own listener it is. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, workload?: WorkloadIdentity): Promise<void>;
}

// Idle connections and whole requests; a body of 50 MB at 200 KB/s fits.
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
// Bodies of the largest size that may wait for their answers at once.
const BODIES_HELD_MAX = 4;
const STOP_TIMEOUT_MS = 2_000;

/** AWS on the wire, the console's files and the routes below `/_hatoba/`, on one port. */
export function createGateway(dependencies: GatewayDependencies): Gateway {
  const pack = openModelPack();
  const finder = new OperationFinder(pack);
  const readiness = new Readiness(dependencies.clock);
  const tables = new Map(dependencies.services.map((table) => [table.service as string, table]));
  const routes = [...dependencies.routes, operationsRoute(dependencies.services)];
  const bodyBudget = new ByteBudget(dependencies.config.bodyBytesMax * BODIES_HELD_MAX);
  const answering = { ...dependencies, routes, finder, readiness, tables, bodyBudget };

  const handle: Gateway['handle'] = async (request, response, workload) => {
    try {
      await answerRequest(answering, request, response, workload);
    } catch (error) {
      dependencies.logger.error({ err: error, target: request.url }, 'a request could not be answered');
      response.destroy();
    }
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS });
  server.on('request', (request, response) => void handle(request, response));

  return {
    handle,
    setReady: () => readiness.setReady(),
    get port() {
      return (server.address() as AddressInfo | null)?.port ?? dependencies.config.port;
    },
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(dependencies.config.port, dependencies.config.host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
      await closed;
      clearTimeout(cutOff);
    },
  };
}
