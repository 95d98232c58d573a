import { HOST_PATH } from '../../images/parse-dockerfile.ts';
import { METADATA_ADDRESS, type TaskPlace } from '../../network/task-network.ts';
import type { ContainerSpec, TaskSpec } from '../runtime.ts';

/** In the environment of every process of a container: how they are found when nothing else holds them together. */
export const MARK = 'HATOBA_CONTAINER';

export interface EnvironmentFacts {
  readonly task: Pick<TaskSpec, 'taskRoleArn' | 'launchType'> & { identity: { region: string } };
  readonly container: Pick<ContainerSpec, 'name' | 'environment' | 'containerPorts'>;
  readonly imageEnvironment: Readonly<Record<string, string>>;
  readonly place: TaskPlace;
  readonly hostPath: string;
  readonly home: string;
  readonly hostname: string;
  readonly metadataId: string;
  readonly credentialsId: string;
  readonly discoveryUrls: Readonly<Record<string, string>>;
  readonly mark: string;
}

/** Everything a container's program finds in its environment; never anything of hatoba's own. The definition has the last word. */
export function buildEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const ours = { ...awsEnvironment(facts), ...addressEnvironment(facts) };
  const environment: Record<string, string> = {
    PATH: facts.hostPath,
    HOME: facts.home,
    LANG: 'C.UTF-8',
    HOSTNAME: facts.hostname,
    ...facts.imageEnvironment,
    ...ours,
  };
  for (const [name, value] of Object.entries(facts.container.environment)) {
    // A blank value counts as unset where hatoba has one to give, as `${NAME:-}` in a compose file leaves it.
    if (value === '' && Object.hasOwn(ours, name)) continue;
    environment[name] = facts.place.mode === 'loopback' ? toLoopback(name, value, facts) : value;
  }
  environment.PATH = (environment.PATH ?? '').replaceAll(HOST_PATH, facts.hostPath);
  environment[MARK] = facts.mark;
  return environment;
}

function awsEnvironment({ task, place, metadataId, credentialsId }: EnvironmentFacts): Record<string, string> {
  const isLoopback = place.mode === 'loopback';
  const metadata = isLoopback ? `http://127.0.0.1:${place.listeners.metadata}` : `http://${METADATA_ADDRESS}`;
  const credentialsPath = `/v2/credentials/${credentialsId}`;
  const credentials: Record<string, string> = isLoopback
    ? { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata}${credentialsPath}` }
    : { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: credentialsPath };
  return {
    AWS_REGION: task.identity.region,
    AWS_DEFAULT_REGION: task.identity.region,
    AWS_EXECUTION_ENV: task.launchType === 'FARGATE' ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${place.listeners.gateway}`,
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    // On a real EC2 instance a task without a role would otherwise find the instance's.
    AWS_EC2_METADATA_DISABLED: 'true',
    ECS_CONTAINER_METADATA_URI: `${metadata}/v3/${metadataId}`,
    ECS_CONTAINER_METADATA_URI_V4: `${metadata}/v4/${metadataId}`,
    ...(task.taskRoleArn ? credentials : {}),
  };
}

function addressEnvironment({ container, place, discoveryUrls }: EnvironmentFacts): Record<string, string> {
  const shared = {
    AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${place.listeners.xray}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${place.listeners.otlpHttp}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  };
  if (place.mode === 'namespace') return shared;
  const ports = container.containerPorts.map((port) => [port, place.hostPorts[`${container.name}:${port}`]] as const);
  return {
    ...shared,
    ...discoveryUrls,
    HOST: '127.0.0.1',
    ...(ports[0] ? { PORT: String(ports[0][1]) } : {}),
    ...Object.fromEntries(ports.map(([port, hostPort]) => [`PORT_${port}`, String(hostPort)])),
  };
}

const ADDRESS_NAME = /^(AWS_ENDPOINT_URL(_\w+)?|AWS_XRAY_DAEMON_ADDRESS|OTEL_EXPORTER_OTLP(_\w+)?_ENDPOINT)$/;

/** A definition written for a namespace of its own names ports that mean something else on a shared network. */
function toLoopback(name: string, value: string, { container, place }: EnvironmentFacts): string {
  if (name === 'PORT') {
    const hostPort = place.hostPorts[`${container.name}:${value}`];
    return hostPort === undefined ? value : String(hostPort);
  }
  if (!ADDRESS_NAME.test(name)) return value;
  const { gateway, xray, otlpGrpc, otlpHttp } = place.listeners;
  const moved: Readonly<Record<string, number>> = { 4566: gateway, 2000: xray, 4317: otlpGrpc, 4318: otlpHttp };
  return value.replace(/\b(127\.0\.0\.1|localhost):(4566|2000|4317|4318)\b/, (_whole, _host, port: string) => {
    return `127.0.0.1:${moved[port]}`;
  });
}
