import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorkloadIdentity } from '../../wire/aws/call-context.ts';
import type { TaskEndpoints, TaskMetadata } from '../network/task-endpoints.ts';
import type { ContainerUsage } from '../runtime/runtime.ts';
import { dockerStats } from './docker-stats.ts';

/** What one task's metadata and credentials endpoint knows. */
export interface TaskMetadataSource {
  readonly taskId: string;
  readonly workload: WorkloadIdentity;
  readonly taskRoleArn?: string;
  /** The last part of the credentials path; nobody can guess it. */
  readonly credentialsId: string;
  /** Container name to the opaque id in its metadata address. */
  readonly metadataIds: Readonly<Record<string, string>>;
  readonly usage: () => Promise<ContainerUsage[]>;
  readonly now: () => Date;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The handler behind 169.254.170.2 of one task (in loopback mode: behind a port of its own). */
export function createMetadataHandler(
  source: TaskMetadataSource,
  endpoints: Pick<TaskEndpoints, 'credentials' | 'taskMetadata'>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    // Not parsed as a URL: a task may ask for anything ("GET //" is no URL), and must not end us with it.
    const [path = '/'] = (request.url ?? '/').split('?');
    const answer = path.startsWith('/v2/credentials/')
      ? answerCredentials(path.slice('/v2/credentials/'.length), source, endpoints)
      : answerMetadata(path, source, endpoints);
    answer.then(
      ({ status, body }) => send(response, status, body),
      (error: Error) => send(response, 500, errorBody('InternalServerError', error.message, 500)),
    );
  };
}

async function answerCredentials(
  id: string,
  source: TaskMetadataSource,
  endpoints: Pick<TaskEndpoints, 'credentials'>,
): Promise<Answer> {
  if (id === '')
    return {
      status: 400,
      body: errorBody('NoIdInRequest', 'CredentialsV2Request: No Credential ID in the request', 400),
    };
  if (id !== source.credentialsId || source.taskRoleArn === undefined) {
    return { status: 400, body: errorBody('InvalidIdInRequest', 'CredentialsV2Request: Credentials not found', 400) };
  }
  const { RoleArn, AccessKeyId, SecretAccessKey, Token, Expiration } = await endpoints.credentials(
    source.workload,
    source.taskRoleArn,
  );
  return { status: 200, body: { RoleArn, AccessKeyId, SecretAccessKey, Token, Expiration } };
}

async function answerMetadata(
  path: string,
  source: TaskMetadataSource,
  endpoints: Pick<TaskEndpoints, 'taskMetadata'>,
): Promise<Answer> {
  const [, version = '', id = '', rest = ''] = /^\/(v[34])\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (version === '') return { status: 404, body: '404 page not found' };
  const name = Object.keys(source.metadataIds).find((container) => source.metadataIds[container] === id);
  if (name === undefined) return { status: 404, body: unknownId(version, id) };
  const stats = async () => {
    const usage = await source.usage();
    return Object.fromEntries(usage.map((one) => [one.containerName, dockerStats(one, usage[0], source.now())]));
  };
  if (rest === '/stats') return { status: 200, body: (await stats())[name] ?? {} };
  const task = await endpoints.taskMetadata(source.taskId);
  if (!task) return { status: 500, body: 'unable to get task metadata: the task is not known yet' };
  switch (rest) {
    case '':
    case '/':
      return answerContainer(task, name);
    case '/task':
      return { status: 200, body: withoutTags(task) };
    case '/taskWithTags':
      return { status: 200, body: task };
    case '/task/stats':
      return { status: 200, body: byDockerId(task, await stats()) };
    default:
      return { status: 404, body: '404 page not found' };
  }
}

function answerContainer(task: TaskMetadata, name: string): Answer {
  const container = task.Containers.find((one) => one.Name === name);
  return container
    ? { status: 200, body: container }
    : { status: 500, body: `unable to generate metadata for container '${name}'` };
}

function withoutTags({ TaskTags: _taskTags, ContainerInstanceTags: _instanceTags, ...task }: TaskMetadata): object {
  return task;
}

function byDockerId(task: TaskMetadata, stats: Readonly<Record<string, object>>): object {
  return Object.fromEntries(task.Containers.map((one) => [one.DockerId ?? one.Name, stats[one.Name] ?? null]));
}

const unknownId = (version: string, id: string): string =>
  `${version.toUpperCase()} container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: ${id}`;

const errorBody = (code: string, message: string, status: number) => ({ code, message, HTTPErrorCode: status });

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}
