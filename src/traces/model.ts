import type { AccountRegion, WorkloadIdentity } from '../wire/aws/call-context.ts';

/** 32 lower-case hex digits; X-Ray writes it `1-<8>-<24>`. */
export type TraceId = string;

export type JsonObject = { [key: string]: unknown };

/** A segment or subsegment as its sender wrote it: only the fields that validation has looked at are typed. */
export interface SegmentDocument extends JsonObject {
  id: string;
  name: string;
  /** Epoch seconds. */
  start_time: number;
  end_time?: number;
  in_progress?: boolean;
  parent_id?: string;
  trace_id?: string;
  type?: string;
  namespace?: string;
  subsegments?: SegmentDocument[];
}

/** A document that passed validation, on its way to the store. */
export interface AcceptedDocument {
  readonly traceId: TraceId;
  readonly document: SegmentDocument;
  /** The service that sent it, where the document itself does not say (a span's `service.name`). */
  readonly ownerName?: string;
  readonly ownerType?: string;
  readonly workload?: WorkloadFacts;
  /** Made beside the document of a span that the sender counts: not counted itself. */
  readonly isCompanion?: true;
}

/** Why a document was refused, in X-Ray's words. */
export interface RefusedDocument {
  readonly id?: string;
  readonly code: string;
  readonly message: string;
  /** What was refused, for the ledger. */
  readonly text?: string;
}

/** Where a segment ran, as far as the listener or the document itself knows. */
export interface WorkloadFacts {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly taskArn: string;
  readonly containerName: string;
  readonly deploymentId: string;
  readonly revision: string;
  readonly image: string;
  readonly availabilityZone: string;
}

export interface SegmentRow {
  account: string;
  region: string;
  trace_id: TraceId;
  id: string;
  parent_id: string;
  kind: 'segment' | 'subsegment';
  name: string;
  type: string;
  /** Epoch microseconds. */
  start: number;
  end: number;
  in_progress: 0 | 1;
  fault: 0 | 1;
  error: 0 | 1;
  throttle: 0 | 1;
  http_method: string;
  http_url: string;
  http_status: number;
  client_ip: string;
  user_agent: string;
  user: string;
  resource_arn: string;
  instance_id: string;
  availability_zone: string;
  /** `key=` and the value as JSON, for each annotation at any depth. */
  annotations: string[];
  /** Ids of the subsegments inside. */
  subsegment_ids: string[];
  cluster: string;
  service: string;
  task: string;
  container: string;
  deployment: string;
  revision: string;
  image: string;
  source: string;
  document: string;
}

export interface CallRow {
  account: string;
  region: string;
  trace_id: TraceId;
  id: string;
  parent_id: string;
  /** Name and type of the calling service; `owner_known` 0 where the parent has to tell. */
  owner_name: string;
  owner_type: string;
  owner_known: 0 | 1;
  name: string;
  namespace: string;
  /** The node that the call infers while no callee reports. */
  target_name: string;
  target_type: string;
  path: string;
  link: 0 | 1;
  start: number;
  end: number;
  in_progress: 0 | 1;
  fault: 0 | 1;
  error: 0 | 1;
  throttle: 0 | 1;
  http_method: string;
  http_url: string;
  http_status: number;
}

/** Where telemetry came from; its account and region are the listener's. */
export interface Source extends AccountRegion {
  /** `udp`, `api`, `otlp-http`, `otlp-grpc`, `zipkin`. */
  readonly name: string;
  readonly workload?: WorkloadIdentity;
}

/** `1-5759e988-bd862e3fe1be46a994272793`. */
export function toXrayTraceId(traceId: TraceId): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

/** From X-Ray's form or 32 hex digits; undefined when it is neither. */
export function parseTraceId(text: string): TraceId | undefined {
  if (/^[0-9a-f]{32}$/i.test(text)) return text.toLowerCase();
  const parts = /^\d+-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(text);
  return parts ? `${parts[1]}${parts[2]}`.toLowerCase() : undefined;
}
