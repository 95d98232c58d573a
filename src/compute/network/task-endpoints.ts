import type { Socket as UdpSocket } from 'node:dgram';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AccountRegion, WorkloadIdentity } from '../../wire/aws/call-context.ts';

/** The task document of the metadata endpoint (version 4), as far as this plane reads it. */
export interface TaskMetadata {
  readonly Containers: readonly ({ readonly Name: string } & Readonly<Record<string, unknown>>)[];
  readonly [key: string]: unknown;
}

/** What the credentials endpoint answers with. */
export interface TaskCredentials {
  readonly RoleArn: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

/**
 * What hatoba answers on a task's own listeners; main makes it from the other planes' doors.
 * Every task has listeners of its own, in both network modes, so `workload` is always the task that called.
 */
export interface TaskEndpoints {
  /** The AWS endpoint (127.0.0.1:4566 in the task), enforced with the task's role. */
  gateway(request: IncomingMessage, response: ServerResponse, workload: WorkloadIdentity): void;
  /** X-Ray daemon, segments: a socket that is bound; the runtime closes it. */
  xrayUdp(socket: UdpSocket, workload: WorkloadIdentity): void;
  /** X-Ray daemon, the sampling calls (TCP 2000). */
  xrayTcp(request: IncomingMessage, response: ServerResponse, workload: WorkloadIdentity): void;
  /** OTLP over HTTP (4318). */
  otlpHttp(request: IncomingMessage, response: ServerResponse, workload: WorkloadIdentity): void;
  /** OTLP over gRPC (4317): a connection that has just been accepted. Without it the port is not opened. */
  otlpGrpc?(connection: Socket, workload: WorkloadIdentity): void;
  /** Namespace mode: the task's DNS server, a socket bound to 169.254.170.253:53; the runtime closes it. */
  dns(socket: UdpSocket, scope: AccountRegion): void;
  /** Loopback mode: `<SERVICE>_URL` to address, for every discovery name of the scope. */
  discoveryUrls(scope: AccountRegion): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** Rejects when the role does not exist. */
  credentials(workload: WorkloadIdentity, roleArn: string): Promise<TaskCredentials>;
  /** Undefined while the task is not known yet. */
  taskMetadata(taskId: string): Promise<TaskMetadata | undefined> | TaskMetadata | undefined;
}
