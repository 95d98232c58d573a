import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallContext } from './call-context.ts';

/** Names of the services in the model pack (`models/*.json`). */
export type ServiceId =
  | 'application-autoscaling'
  | 'cloudwatch'
  | 'dynamodb'
  | 'ec2'
  | 'ecr'
  | 'ecs'
  | 'elbv2'
  | 'iam'
  | 'logs'
  | 'servicediscovery'
  | 'sts'
  | 'synthetics'
  | 'xray';

type Input<Command> = Command extends new (...args: any[]) => { readonly input: infer I } ? I : never;
type Output<Command> = Command extends new (
  ...args: any[]
) => {
  resolveMiddleware(...args: any[]): (...args: any[]) => Promise<{ output: infer O }>;
}
  ? Omit<O, '$metadata'>
  : never;

/** Handlers typed by the SDK's published commands: `Handlers<typeof import('@aws-sdk/client-ecs')>`. */
export type Handlers<Sdk> = {
  [Name in keyof Sdk as Name extends `${infer Operation}Command`
    ? Operation extends '$' | ''
      ? never
      : Operation
    : never]?: (input: Input<Sdk[Name]>, context: CallContext) => Output<Sdk[Name]> | Promise<Output<Sdk[Name]>>;
};

export type OperationHandler = (input: any, context: CallContext) => unknown;

export interface RawRequest {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** A role that a call lets a service use: who may not pass it (`iam:PassRole`) may not make the call. */
export interface PassedRole {
  readonly roleArn: string;
  /** `ecs-tasks.amazonaws.com`. */
  readonly service: string;
}

/** What a plane hands to the gateway for one AWS service. An operation of the model that is absent here answers 501. */
export interface ServiceTable {
  readonly service: ServiceId;
  readonly handlers: Readonly<Record<string, OperationHandler>>;
  /** ARNs that a call acts on, for policy evaluation; `['*']` where the operation names none. */
  resources?(operation: string, input: any, context: CallContext): string[];
  /** Roles that a call hands on; none when absent. */
  passedRoles?(operation: string, input: any, context: CallContext): readonly PassedRole[];
  /** Passes an authorized, validated call on as bytes (tables); then `handlers` only names the operations. */
  forward?(operation: string, request: RawRequest, context: CallContext): Promise<RawResponse>;
}

/** A route outside the AWS protocols, below `/_hatoba/`. `path` ends in `/*` to match a prefix. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> | void;
}

/** One plane, as main and the gateway see it. Started in order, stopped in reverse. */
export interface Plane {
  readonly services: readonly ServiceTable[];
  readonly routes?: readonly HttpRoute[];
  start(): Promise<void>;
  stop(): Promise<void>;
}
