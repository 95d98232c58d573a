import { expect, test } from 'vitest';
import type { TaskPlace } from '../../network/task-network.ts';
import { buildEnvironment, type EnvironmentFacts } from './environment.ts';

const inNamespace: TaskPlace = {
  mode: 'namespace',
  address: '169.254.172.2',
  listeners: { metadata: 80, gateway: 4566, xray: 2000, otlpHttp: 4318, otlpGrpc: 4317 },
  ownPorts: [],
  hostPorts: {},
};
const onLoopback: TaskPlace = {
  ...inNamespace,
  mode: 'loopback',
  address: '127.0.0.1',
  listeners: { metadata: 21001, gateway: 21002, xray: 21003, otlpHttp: 21004, otlpGrpc: 21005 },
  hostPorts: { 'app:80': 22001, 'app:9090': 22002 },
};

function build(place: TaskPlace, definition: Record<string, string> = {}, extra: Partial<EnvironmentFacts> = {}) {
  return buildEnvironment({
    task: { taskRoleArn: 'arn:aws:iam::1:role/r', launchType: 'FARGATE', identity: { region: 'eu-west-1' } },
    container: { name: 'app', environment: definition, containerPorts: [80, 9090] },
    imageEnvironment: {},
    place,
    hostPath: '/usr/bin',
    home: '/home',
    hostname: 'host',
    metadataId: 'm-1',
    credentialsId: 'c-1',
    discoveryUrls: { BACKEND1_URL: 'http://127.0.0.1:23001' },
    mark: 'mark',
    ...extra,
  });
}

test('in a namespace everything is where the SDKs look by themselves', () => {
  expect(build(inNamespace)).toEqual({
    PATH: '/usr/bin',
    HOME: '/home',
    LANG: 'C.UTF-8',
    HOSTNAME: 'host',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/c-1',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
    ECS_CONTAINER_METADATA_URI: 'http://169.254.170.2/v3/m-1',
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/m-1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    HATOBA_CONTAINER: 'mark',
  });
});

test('on loopback the addresses are given, with ports to bind and names to call', () => {
  expect(build(onLoopback)).toMatchObject({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:21001/v2/credentials/c-1',
    ECS_CONTAINER_METADATA_URI_V4: 'http://127.0.0.1:21001/v4/m-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:21002',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:21003',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:21004',
    HOST: '127.0.0.1',
    PORT: '22001',
    PORT_9090: '22002',
    BACKEND1_URL: 'http://127.0.0.1:23001',
  });
});

test('a definition written for a namespace is moved to loopback: its port and its sidecars', () => {
  const definition = {
    PORT: '9090',
    AWS_XRAY_DAEMON_ADDRESS: 'tcp:127.0.0.1:2000',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4317',
    DATABASE: '127.0.0.1:4317',
  };
  expect(build(onLoopback, definition)).toMatchObject({
    PORT: '22002',
    AWS_XRAY_DAEMON_ADDRESS: 'tcp:127.0.0.1:21003',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:21005',
    DATABASE: '127.0.0.1:4317',
  });
  expect(build(inNamespace, definition)).toMatchObject(definition);
});

test('the definition has the last word, but a blank is no word', () => {
  const environment = build(inNamespace, { AWS_REGION: 'us-east-2', AWS_ENDPOINT_URL: '', EMPTY: '' });
  expect(environment).toMatchObject({ AWS_REGION: 'us-east-2', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', EMPTY: '' });
});

test('a task without a role is shown no credentials, and an image’s PATH extends the host’s', () => {
  const environment = build(
    inNamespace,
    {},
    {
      task: { launchType: 'EC2', identity: { region: 'eu-west-1' } },
      imageEnvironment: { PATH: '/image/bin:$PATH' },
    },
  );
  expect(Object.keys(environment).filter((name) => name.includes('CREDENTIALS'))).toEqual([]);
  expect(environment.PATH).toBe('/image/bin:/usr/bin');
});
