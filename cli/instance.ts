import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError } from './command-error.ts';

/** What a running hatoba writes into its data directory as `instance.json`. */
export interface InstanceFile {
  readonly pid: number;
  readonly version: string;
  readonly url: string;
  readonly account: string;
  readonly region: string;
  readonly ports: {
    readonly gateway: number;
    readonly xray: number;
    readonly otlpHttp: number;
    readonly otlpGrpc: number;
    readonly edge: number;
  };
}

export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly dataDir?: string;
  readonly region?: string;
  readonly account?: string;
}

export interface Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
}

/** Which hatoba to talk to: --endpoint, then AWS_ENDPOINT_URL, then the one that owns the data directory, then the default port. */
export function connectionFrom(options: ConnectionOptions, environment: NodeJS.ProcessEnv = process.env): Connection {
  const instance = readInstance(options.dataDir ?? environment.HATOBA_DATA_DIR ?? '.hatoba');
  const endpoint =
    options.endpoint ?? (environment.AWS_ENDPOINT_URL || undefined) ?? instance?.url ?? 'http://127.0.0.1:4566';
  try {
    new URL(endpoint);
  } catch {
    throw new CommandError(`${endpoint} is no URL; give one like http://127.0.0.1:4566`);
  }
  return {
    endpoint,
    region:
      options.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? instance?.region ?? 'us-east-1',
    account: options.account ?? instance?.account ?? '000000000000',
  };
}

export function readInstance(dataDir: string): InstanceFile | undefined {
  try {
    return JSON.parse(readFileSync(join(resolve(dataDir), 'instance.json'), 'utf8')) as InstanceFile;
  } catch {
    return undefined;
  }
}
