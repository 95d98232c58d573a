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
  readonly auth?: 'open' | 'enforce';
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
  /** What calls are signed with. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Which hatoba to talk to: --endpoint, then AWS_ENDPOINT_URL, then the one that owns the data directory, then the default port. */
export function connectionFrom(options: ConnectionOptions, environment: NodeJS.ProcessEnv = process.env): Connection {
  const dataDir = options.dataDir ?? environment.HATOBA_DATA_DIR ?? '.hatoba';
  const instance = readInstance(dataDir);
  const endpoint =
    options.endpoint ?? (environment.AWS_ENDPOINT_URL || undefined) ?? instance?.url ?? 'http://127.0.0.1:4566';
  try {
    new URL(endpoint);
  } catch {
    throw new CommandError(`${endpoint} is no URL; give one like http://127.0.0.1:4566`);
  }
  const auth = instance?.url === endpoint ? instance?.auth : undefined;
  const account = options.account ?? instance?.account ?? '000000000000';
  return {
    endpoint,
    region:
      options.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? instance?.region ?? 'us-east-1',
    account,
    credentials: (auth === 'enforce' ? readRootKey(dataDir) : undefined) ??
      (auth === 'open' || options.account ? undefined : issuedKey(environment)) ?? {
        // With `auth: open` any key will do; twelve digits name the account.
        accessKeyId: account,
        secretAccessKey: 'hatoba',
      },
  };
}

/** The key of the account itself, for whoever may read the data directory of a hatoba with `auth: enforce`. */
function readRootKey(dataDir: string): Connection['credentials'] | undefined {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(readFileSync(join(resolve(dataDir), 'root-key.json'), 'utf8'));
    return { accessKeyId, secretAccessKey };
  } catch {
    return undefined;
  }
}

/** A key that was given out by IAM or STS, as AWS's own tools find it. */
function issuedKey(environment: NodeJS.ProcessEnv): Connection['credentials'] | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const { AWS_SESSION_TOKEN: sessionToken } = environment;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

export function readInstance(dataDir: string): InstanceFile | undefined {
  try {
    return JSON.parse(readFileSync(join(resolve(dataDir), 'instance.json'), 'utf8')) as InstanceFile;
  } catch {
    return undefined;
  }
}
