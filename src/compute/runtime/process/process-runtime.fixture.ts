import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { NETWORK_ROOT } from '../../network/instance-owners.ts';
import type { TaskEndpoints } from '../../network/task-endpoints.ts';
import type { Runtime } from '../runtime.ts';
import { MARK } from './environment.ts';
import { createProcessRuntime, type ProcessRuntimeOptions } from './index.ts';
import { findByEnvironment } from './process-table.ts';

export const isRoot = process.getuid?.() === 0;

/** A data directory of a test, with everything the runtime was asked on behalf of its tasks. */
export interface Place {
  readonly dataDirectory: string;
  /** Without links, as the instance is named after it. */
  readonly realDataDirectory: string;
  /** `<what> <task ARN> <detail>`, in the order it came. */
  readonly heard: string[];
  open(options?: Partial<ProcessRuntimeOptions>): Runtime;
}

export function makePlace(
  network: ProcessRuntimeOptions['network'],
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'hatoba-test-')),
): Place {
  const heard: string[] = [];
  const open = (options: Partial<ProcessRuntimeOptions> = {}) =>
    createProcessRuntime({
      dataDirectory,
      network,
      images: {},
      endpoints: listeningEndpoints(heard),
      clock: systemClock,
      logger: silentLogger,
      ...options,
    });
  return { dataDirectory, realDataDirectory: realpathSync(dataDirectory), heard, open };
}

/** Endpoints that answer with who called. */
function listeningEndpoints(heard: string[]): TaskEndpoints {
  return {
    gateway: (_request, response, workload) => response.end(`gateway for ${workload.taskArn}`),
    xrayUdp: (socket, workload) =>
      socket.on('message', (message) => heard.push(`xray ${workload.taskArn} ${message.toString()}`)),
    xrayTcp: (_request, response, workload) => response.end(`sampling for ${workload.taskArn}`),
    otlpHttp: (_request, response, workload) => response.end(`otlp for ${workload.taskArn}`),
    otlpGrpc: (connection, workload) => connection.end(`grpc for ${workload.taskArn}`),
    dns: (socket, scope) => socket.on('message', (message) => heard.push(`dns ${scope.region} ${message.length}`)),
    discoveryUrls: () => ({ BACKEND1_URL: 'http://127.0.0.1:20999' }),
    credentials: async (workload, RoleArn) => ({
      RoleArn,
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'secret',
      Token: workload.taskArn,
      Expiration: '2026-01-01T01:00:00Z',
    }),
    taskMetadata: (taskId) => ({
      TaskARN: taskId,
      TaskTags: { a: 'b' },
      Containers: [{ Name: 'app', DockerId: 'd1' }],
    }),
  };
}

/** What `leftOf` gives when nothing is left. */
export const nothing = { links: [], mounts: [], files: [], groups: [], homes: [], processes: [] };

/** What this machine has of one hatoba and these tasks of it. */
export function leftOf(place: Place, taskIds: readonly string[]): Record<keyof typeof nothing, unknown[]> {
  const hash = createHash('sha256').update(place.realDataDirectory).digest('hex').slice(0, 16);
  const ofPlace = (names: string[]) => names.filter((name) => name.includes(hash));
  const files = existsSync(NETWORK_ROOT) ? readdirSync(NETWORK_ROOT) : [];
  const claims = files.filter(
    (file) => file.startsWith('subnet-') && readlinkSync(path.join(NETWORK_ROOT, file)) === hash,
  );
  const groups = ['memory', 'cpu', 'cpuacct', '.'].map((controller) => path.join('/sys/fs/cgroup', controller));
  return {
    links: readdirSync('/sys/class/net').filter((name) => name === `hatoba${hash.slice(0, 8)}`),
    mounts: ofPlace(readFileSync('/proc/self/mounts', 'utf8').split('\n')),
    files: [...ofPlace(files), ...claims],
    groups: groups.filter(existsSync).flatMap((directory) => ofPlace(readdirSync(directory))),
    homes: readdirSync(tmpdir()).filter((name) => taskIds.some((id) => name.startsWith(`hatoba-${id.slice(0, 8)}-`))),
    processes: findByEnvironment((entry) => entry.startsWith(`${MARK}=${hash}/`)),
  };
}
