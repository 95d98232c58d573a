import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { checkFargateSize } from './fargate-size.ts';

const refuse = (message: string) => awsError('ClientException', message);

/** Whether a task definition can run. The gateway has checked it against the model; here are the rules between fields. Throws ClientException. */
export function validateTaskDefinition(request: RegisterTaskDefinitionRequest): void {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(request.family ?? '')) {
    throw refuse(
      'Family contains invalid characters. Up to 255 letters, numbers, hyphens and underscores are allowed.',
    );
  }
  const containers = request.containerDefinitions ?? [];
  if (containers.length === 0) throw refuse('Container list cannot be empty.');
  const onFargate = request.requiresCompatibilities?.includes('FARGATE') === true;
  for (const container of containers) checkContainer(request, container, onFargate);
  checkNames(containers);
  if (!containers.some((container) => container.essential !== false)) {
    throw refuse(
      "Invalid 'essential' setting for container. Task definition must have at least one essential container.",
    );
  }
  checkDependencies(containers);
  checkVolumes(request);
  checkSums(request);
  if (onFargate) checkFargate(request);
}

function checkContainer(
  request: RegisterTaskDefinitionRequest,
  container: ContainerDefinition,
  onFargate: boolean,
): void {
  const name = container.name ?? '';
  const invalid = (setting: string, why: string) =>
    refuse(`Invalid '${setting}' setting for container '${name}'. ${why}`);
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw refuse(
      `Invalid container name (${name}). Up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores are allowed.`,
    );
  }
  if (!container.image) throw refuse(`Container.image should not be null or empty.`);
  if (container.memory !== undefined && container.memory < 6) throw invalid('memory', 'The minimum is 6 MiB.');
  if (!request.memory && !container.memory && !container.memoryReservation) {
    throw refuse(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (container.memory && container.memoryReservation && container.memory < container.memoryReservation) {
    throw invalid('memoryReservation', 'The value must not be greater than memory.');
  }
  if (container.secrets?.length || container.logConfiguration?.secretOptions?.length) {
    throw invalid('secrets', 'hatoba has no secret store to read them from; give the values in environment.');
  }
  if (container.environmentFiles?.length) {
    throw invalid('environmentFiles', 'hatoba has no S3 to read them from; give the values in environment.');
  }
  checkPorts(request, container, invalid);
  checkLogs(container, onFargate, invalid);
  checkHealthCheck(container, invalid);
  if (request.networkMode === 'awsvpc' && container.hostname) {
    throw invalid('hostname', 'It is not supported when networkMode is awsvpc.');
  }
  if (request.networkMode === 'awsvpc' && container.links?.length) {
    throw invalid('links', 'Links are not supported when networkMode is awsvpc.');
  }
  if (request.networkMode === 'awsvpc' && container.extraHosts?.length) {
    throw invalid('extraHosts', 'Extra hosts are not supported when networkMode is awsvpc.');
  }
  const maximum = onFargate ? 120 : Number.POSITIVE_INFINITY;
  for (const setting of ['startTimeout', 'stopTimeout'] as const) {
    const seconds = container[setting];
    if (seconds !== undefined && (seconds < (onFargate && setting === 'startTimeout' ? 2 : 0) || seconds > maximum)) {
      throw invalid(setting, `It must be at most ${maximum} seconds.`);
    }
  }
  if (onFargate && container.privileged)
    throw invalid('privileged', 'Tasks using the Fargate launch type do not support privileged containers.');
}

type Invalid = (setting: string, why: string) => Error;

function checkPorts(request: RegisterTaskDefinitionRequest, container: ContainerDefinition, invalid: Invalid): void {
  const own = request.networkMode === 'awsvpc' || request.networkMode === 'host';
  for (const mapping of container.portMappings ?? []) {
    if (mapping.containerPortRange !== undefined) {
      throw invalid('portMappings', 'containerPortRange is not supported; list the ports.');
    }
    const { containerPort, hostPort } = mapping;
    if (containerPort === undefined || containerPort < 1 || containerPort > 65_535) {
      throw invalid('portMappings', 'containerPort must be between 1 and 65535.');
    }
    if (hostPort !== undefined && (hostPort < 0 || hostPort > 65_535)) {
      throw invalid('portMappings', 'hostPort must be between 0 and 65535.');
    }
    if (own && hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort) {
      throw refuse(
        `When networkMode=${request.networkMode}, the host ports and container ports in port mappings must match.`,
      );
    }
  }
}

const fargateLogDrivers = ['awslogs', 'splunk', 'awsfirelens'];

function checkLogs(container: ContainerDefinition, onFargate: boolean, invalid: Invalid): void {
  const log = container.logConfiguration;
  if (log === undefined) return;
  const options = log.options ?? {};
  if (onFargate && !fargateLogDrivers.includes(log.logDriver ?? '')) {
    throw invalid('logConfiguration', `Log driver '${log.logDriver}' is not supported with Fargate.`);
  }
  if (log.logDriver !== 'awslogs') return;
  if (!options['awslogs-group']) throw refuse('Log driver awslogs requires options: awslogs-group');
  if (!options['awslogs-region']) throw refuse('Log driver awslogs requires options: awslogs-region');
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(options['awslogs-group'])) {
    throw invalid('logConfiguration', 'awslogs-group may have letters, digits and . - _ / # only, 512 at most.');
  }
  if (!/^[a-z0-9-]{1,40}$/.test(options['awslogs-region'])) {
    throw invalid('logConfiguration', 'awslogs-region is no name of a region.');
  }
  if (/[:*]/.test(options['awslogs-stream-prefix'] ?? '')) {
    throw invalid('logConfiguration', 'awslogs-stream-prefix must not have : or * in it.');
  }
  if (onFargate && !options['awslogs-stream-prefix']) {
    throw refuse('Log driver awslogs requires options: awslogs-stream-prefix');
  }
  if (options['awslogs-datetime-format'] && options['awslogs-multiline-pattern']) {
    throw invalid('logConfiguration', 'awslogs-datetime-format and awslogs-multiline-pattern cannot both be set.');
  }
}

function checkHealthCheck(container: ContainerDefinition, invalid: Invalid): void {
  const check = container.healthCheck;
  if (check === undefined) return;
  const [kind, ...rest] = check.command ?? [];
  if (kind !== 'NONE' && rest.length === 0) {
    throw invalid('healthCheck', 'The command must start with CMD or CMD-SHELL, and name a command.');
  }
  const bounds = [
    ['interval', check.interval, 5, 300],
    ['timeout', check.timeout, 2, 60],
    ['retries', check.retries, 1, 10],
    ['startPeriod', check.startPeriod, 0, 300],
  ] as const;
  for (const [setting, value, least, most] of bounds) {
    if (value !== undefined && (value < least || value > most)) {
      throw invalid('healthCheck', `${setting} must be between ${least} and ${most}.`);
    }
  }
}

function checkNames(containers: readonly ContainerDefinition[]): void {
  const seen = new Set<string>();
  for (const { name = '' } of containers) {
    if (seen.has(name)) throw refuse(`Container names must be unique within a task definition: ${name}`);
    seen.add(name);
  }
}

function checkDependencies(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name ?? '', container]));
  for (const container of containers) {
    for (const { containerName = '', condition } of container.dependsOn ?? []) {
      const target = byName.get(containerName);
      if (target === undefined || containerName === container.name) {
        throw refuse(
          `Invalid 'dependsOn' setting for container '${container.name}'. There is no other container '${containerName}'.`,
        );
      }
      if ((condition === 'COMPLETE' || condition === 'SUCCESS') && target.essential !== false) {
        throw refuse(
          `Container '${containerName}' is essential: dependsOn with condition ${condition} needs a container that is not.`,
        );
      }
      if (condition === 'HEALTHY' && target.healthCheck === undefined) {
        throw refuse(
          `Container '${containerName}' does not have a health check: dependsOn with condition HEALTHY needs one.`,
        );
      }
    }
  }
  const cycle = findCycle(byName);
  if (cycle !== undefined)
    throw refuse(`Invalid 'dependsOn' setting: the containers ${cycle.join(' -> ')} depend on each other.`);
}

function findCycle(byName: ReadonlyMap<string, ContainerDefinition>): string[] | undefined {
  const finished = new Set<string>();
  const visit = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (finished.has(name)) return undefined;
    for (const { containerName = '' } of byName.get(name)?.dependsOn ?? []) {
      const cycle = visit(containerName, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(name);
    return undefined;
  };
  for (const name of byName.keys()) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function checkVolumes(request: RegisterTaskDefinitionRequest): void {
  const names = new Set((request.volumes ?? []).map((volume) => volume.name));
  for (const container of request.containerDefinitions ?? []) {
    for (const mount of container.mountPoints ?? []) {
      if (!names.has(mount.sourceVolume)) throw refuse(`Unknown volume '${mount.sourceVolume}'.`);
    }
  }
}

function checkSums(request: RegisterTaskDefinitionRequest): void {
  const containers = request.containerDefinitions ?? [];
  const cpuSum = containers.reduce((sum, container) => sum + (container.cpu ?? 0), 0);
  const cpu = cpuUnitsOf(request.cpu);
  if (cpu !== undefined && cpuSum > cpu) {
    throw refuse(
      `Invalid setting for container: the sum of the containers' cpu (${cpuSum}) is greater than the task's (${cpu}).`,
    );
  }
  const memory = memoryMibOf(request.memory);
  const tooBig = containers.find((container) => memory !== undefined && (container.memory ?? 0) > memory);
  if (tooBig !== undefined) {
    throw refuse(`Invalid 'memory' setting for container '${tooBig.name}'. It is greater than the task's (${memory}).`);
  }
}

function checkFargate(request: RegisterTaskDefinitionRequest): void {
  if (request.networkMode !== 'awsvpc') {
    throw refuse('Fargate only supports network mode ‘awsvpc’.');
  }
  checkFargateSize(cpuUnitsOf(request.cpu), memoryMibOf(request.memory));
  if ((request.volumes ?? []).some((volume) => volume.host?.sourcePath)) {
    throw refuse('Fargate launch type does not support host sourcePath volumes.');
  }
}

/** `256`, `.25 vCPU`, `1 vcpu` as CPU units. Throws ClientException. */
export function cpuUnitsOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const vcpu = /^(\d*\.?\d+)\s*vcpu$/i.exec(text.trim());
  const units = vcpu === null ? Number(text) : Math.round(Number(vcpu[1]) * 1024);
  if (!Number.isInteger(units) || units < 1) {
    throw refuse(
      "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    );
  }
  return units;
}

/** `512`, `1GB`, `0.5 GB` as MiB. Throws ClientException. */
export function memoryMibOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const gigabytes = /^(\d*\.?\d+)\s*gb$/i.exec(text.trim());
  const mib = gigabytes === null ? Number(text) : Math.round(Number(gigabytes[1]) * 1024);
  if (!Number.isInteger(mib) || mib < 1) {
    throw refuse(
      "Invalid 'memory' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    );
  }
  return mib;
}
