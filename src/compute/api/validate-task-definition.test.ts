import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { cpuUnitsOf, memoryMibOf, validateTaskDefinition } from './validate-task-definition.ts';

const app = { name: 'app', image: 'web:1', memory: 128 };
const fargate = {
  family: 'web',
  networkMode: 'awsvpc' as const,
  requiresCompatibilities: ['FARGATE' as const],
  cpu: '256',
  memory: '512',
};

const refusals: [string, Partial<RegisterTaskDefinitionRequest>, RegExp][] = [
  ['no container', { containerDefinitions: [] }, /Container list cannot be empty/],
  [
    'no memory at all',
    { containerDefinitions: [{ name: 'app', image: 'x' }] },
    /At least one of 'memory' or 'memoryReservation'/,
  ],
  [
    'no essential container',
    { containerDefinitions: [{ ...app, essential: false }] },
    /at least one essential container/,
  ],
  ['a name twice', { containerDefinitions: [app, app] }, /unique within a task definition: app/],
  ['a dependency that is not there', dependency('db', 'START'), /There is no other container 'db'/],
  ['HEALTHY without a check', two('HEALTHY'), /does not have a health check/],
  ['COMPLETE of an essential container', two('COMPLETE'), /is essential/],
  [
    'a cycle',
    {
      containerDefinitions: [
        { ...app, dependsOn: [{ containerName: 'db', condition: 'START' }] },
        { ...app, name: 'db', dependsOn: [{ containerName: 'app', condition: 'START' }] },
      ],
    },
    /the containers app -> db -> app depend on each other/,
  ],
  [
    'another host port in awsvpc',
    {
      networkMode: 'awsvpc',
      containerDefinitions: [{ ...app, portMappings: [{ containerPort: 80, hostPort: 8080 }] }],
    },
    /host ports and container ports in port mappings must match/,
  ],
  ['secrets', { containerDefinitions: [{ ...app, secrets: [{ name: 'A', valueFrom: 'b' }] }] }, /no secret store/],
  [
    'awslogs without a group',
    { containerDefinitions: [{ ...app, logConfiguration: { logDriver: 'awslogs' } }] },
    /awslogs-group/,
  ],
  ['a log group that is no name', logging({ 'awslogs-group': '/ecs/web; ls' }), /awslogs-group may have letters/],
  ['a region that is none', logging({ 'awslogs-region': 'us-east-1/../x' }), /awslogs-region is no name/],
  ['a stream prefix that no stream can have', logging({ 'awslogs-stream-prefix': 'a:b' }), /must not have : or \*/],
  [
    'a mount of no volume',
    { containerDefinitions: [{ ...app, mountPoints: [{ sourceVolume: 'v' }] }] },
    /Unknown volume 'v'/,
  ],
  [
    'more cpu than the task',
    { cpu: '256', containerDefinitions: [{ ...app, cpu: 512 }] },
    /greater than the task's \(256\)/,
  ],
  ['Fargate outside awsvpc', { ...fargate, networkMode: 'bridge' }, /only supports network mode/],
  ['Fargate without a size', { ...fargate, cpu: undefined }, /'cpu' and 'memory' be defined at the task level/],
  [
    'a size that Fargate does not have',
    { ...fargate, memory: '4096' },
    /No Fargate configuration exists for given values/,
  ],
];

function dependency(containerName: string, condition: 'START'): Partial<RegisterTaskDefinitionRequest> {
  return { containerDefinitions: [{ ...app, dependsOn: [{ containerName, condition }] }] };
}

function two(condition: 'HEALTHY' | 'COMPLETE'): Partial<RegisterTaskDefinitionRequest> {
  return {
    containerDefinitions: [
      { ...app, dependsOn: [{ containerName: 'db', condition }] },
      { ...app, name: 'db' },
    ],
  };
}

function logging(more: Record<string, string>): Partial<RegisterTaskDefinitionRequest> {
  const options = { 'awslogs-group': '/ecs/web', 'awslogs-region': 'us-east-1', ...more };
  return { containerDefinitions: [{ ...app, logConfiguration: { logDriver: 'awslogs', options } }] };
}

describe('validateTaskDefinition', () => {
  it.each(refusals)('refuses %s', (_what, request, message) => {
    const whole = { family: 'web', containerDefinitions: [app], ...request };
    expect(() => validateTaskDefinition(whole)).toThrow(message);
    expect(() => validateTaskDefinition(whole)).toThrow(expect.objectContaining({ code: 'ClientException' }));
  });

  it.each([
    ['256', '512'],
    ['.25 vCPU', '1 GB'],
    ['1 vcpu', '2GB'],
    ['8192', '20480'],
  ])('accepts cpu %s with memory %s on Fargate', (cpu, memory) => {
    expect(() => validateTaskDefinition({ ...fargate, cpu, memory, containerDefinitions: [app] })).not.toThrow();
  });

  it('reads sizes with units', () => {
    expect([cpuUnitsOf('.25 vCPU'), cpuUnitsOf('1 vcpu'), cpuUnitsOf('512')]).toEqual([256, 1024, 512]);
    expect([memoryMibOf('0.5GB'), memoryMibOf('1 GB'), memoryMibOf('300')]).toEqual([512, 1024, 300]);
    expect(() => cpuUnitsOf('much')).toThrow("Invalid 'cpu' setting for task.");
  });
});
