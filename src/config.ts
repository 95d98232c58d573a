import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** Every setting of hatoba with its default. Precedence: flags, then HATOBA_*, then hatoba.yaml, then these defaults. */
export const configSchema = z.strictObject({
  /** Address that everything listens on. Anything but loopback needs `auth: enforce`. */
  host: z.string().default('127.0.0.1'),
  /** The AWS endpoint and the console. 0 picks a free port. */
  port: port.default(4566),
  /** X-Ray daemon, UDP and TCP. */
  xrayPort: port.default(2000),
  /** OpenTelemetry over HTTP. */
  otlpHttpPort: port.default(4318),
  /** OpenTelemetry over gRPC. */
  otlpGrpcPort: port.default(4317),
  /** One port for all load balancers; the Host header selects the balancer. */
  edgePort: port.default(8080),
  /** Where everything is kept; relative to the directory that hatoba is started in. */
  dataDir: z.string().default('.hatoba'),
  /** What runs tasks. `fake` runs nothing: containers behave as their labels say; `docker` is not part of this version. */
  runtime: z.enum(['process', 'docker', 'fake']).default('process'),
  /** Of tasks: `auto` gives each its own network namespace where that works, else all share this machine's loopback. */
  network: z.enum(['auto', 'namespace', 'loopback']).default('auto'),
  /** `open`: any credentials are the account's root. `enforce`: signatures are verified, policies hold. */
  auth: z.enum(['open', 'enforce']).default('open'),
  /** Account id of calls whose access key id is not twelve digits. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account id has 12 digits')
    .default('000000000000'),
  /** Region of what comes in without one: daemon segments, spans. */
  region: z.string().default('us-east-1'),
  /** Of hatoba's own log on standard error, one JSON object a line. */
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  /** What SIGTERM does with running tasks: `stop` them or `keep` them for the next start. */
  onStop: z.enum(['stop', 'keep']).default('stop'),
  /** User name or id that tasks run as when hatoba is root. */
  taskUser: z.string().optional(),
  /** Image name -> directory with the program; relative to the file that names it. */
  images: z.record(z.string(), z.string()).default({}),
  /** Names besides loopback that requests may carry in Host. */
  allowedHosts: z.array(z.string()).default([]),
  /** Origins that may call from a browser. */
  cors: z.array(z.string()).default([]),
  /** Who is told of alarms, and of insights of groups with notifications; an alarm action whose ARN ends in `:<name>` means the one of that name. */
  notifications: z
    .array(z.strictObject({ name: z.string(), kind: z.enum(['slack', 'webhook']), url: z.url() }))
    .default([]),
  /** Days that telemetry is kept. */
  retentionDays: z.coerce.number().int().min(1).default(30),
  /** Whether old traces are thinned: counts stay exact, errors, the slowest and rare ways stay whole, of the rest a sample. */
  thinning: z.enum(['on', 'off']).default('on'),
  /** Hours that every trace is kept, before its day may be thinned. */
  hotHours: z.coerce.number().min(1).default(48),
  /** Of telemetry; beyond it the oldest day goes. */
  maxDiskGB: z.coerce.number().positive().default(20),
  /** What the telemetry engine may use. */
  memoryMiB: z.coerce.number().int().min(256).default(1_500),
});

export type Config = z.infer<typeof configSchema>;

/** Wrong settings: one line that says which and why. The command line prints it and exits with 1. */
export class ConfigError extends Error {}

/** Environment variable -> setting. */
export const environmentNames: Readonly<Record<string, keyof Config>> = {
  HATOBA_HOST: 'host',
  HATOBA_PORT: 'port',
  HATOBA_XRAY_PORT: 'xrayPort',
  HATOBA_OTLP_HTTP_PORT: 'otlpHttpPort',
  HATOBA_OTLP_GRPC_PORT: 'otlpGrpcPort',
  HATOBA_EDGE_PORT: 'edgePort',
  HATOBA_DATA_DIR: 'dataDir',
  HATOBA_RUNTIME: 'runtime',
  HATOBA_NETWORK: 'network',
  HATOBA_AUTH: 'auth',
  HATOBA_ACCOUNT: 'account',
  HATOBA_REGION: 'region',
  HATOBA_LOG_LEVEL: 'logLevel',
  HATOBA_ON_STOP: 'onStop',
  HATOBA_TASK_USER: 'taskUser',
  HATOBA_RETENTION_DAYS: 'retentionDays',
  HATOBA_MAX_DISK_GB: 'maxDiskGB',
  HATOBA_THINNING: 'thinning',
  HATOBA_HOT_HOURS: 'hotHours',
};

/** `flags` holds only what was given on the command line; `configFile` is `--config`, else ./hatoba.yaml if it is there. */
export function loadConfig(
  flags: Partial<Config>,
  environment: NodeJS.ProcessEnv,
  workingDirectory: string,
  configFile?: string,
): Config {
  const fromFile = readConfigFile(workingDirectory, configFile);
  const fromEnvironment: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(environmentNames)) {
    if (environment[name] !== undefined && environment[name] !== '') fromEnvironment[key] = environment[name];
  }
  const result = configSchema.safeParse({ ...fromFile, ...fromEnvironment, ...definedOnly(flags) });
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new ConfigError(`setting ${issue.path.join('.') || '(root)'}: ${issue.message}`);
  }
  const config = result.data;
  if (!isLoopback(config.host) && config.auth !== 'enforce') {
    throw new ConfigError(
      `host ${config.host} is reachable from other machines: set auth to enforce, or listen on 127.0.0.1`,
    );
  }
  return { ...config, dataDir: resolve(workingDirectory, config.dataDir) };
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

function readConfigFile(workingDirectory: string, configFile: string | undefined): Record<string, unknown> {
  const path = resolve(workingDirectory, configFile ?? 'hatoba.yaml');
  if (!existsSync(path)) {
    if (configFile !== undefined) throw new ConfigError(`there is no file ${path}`);
    return {};
  }
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof document !== 'object' || Array.isArray(document))
    throw new ConfigError(`${path}: expected settings by name`);
  const settings = { ...(document as Record<string, unknown>) };
  if (settings.images && typeof settings.images === 'object') {
    settings.images = Object.fromEntries(
      Object.entries(settings.images).map(([name, directory]) => [name, resolve(dirname(path), String(directory))]),
    );
  }
  return settings;
}

function definedOnly(flags: Partial<Config>): Partial<Config> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
