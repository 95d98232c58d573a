import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import type { TaskEndpoints } from '../../network/task-endpoints.ts';
import type { Runtime } from '../runtime.ts';
import { createProcessRuntime, type ProcessRuntimeOptions } from './index.ts';

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

export function makePlace(network: ProcessRuntimeOptions['network']): Place {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'hatoba-test-'));
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
