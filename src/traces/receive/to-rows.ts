import { integerAt, isObject, textAt } from '../json-access.ts';
import type {
  AcceptedDocument,
  CallRow,
  JsonObject,
  SegmentDocument,
  SegmentRow,
  Source,
  WorkloadFacts,
} from '../model.ts';
import { inferTarget } from './infer-target.ts';

const annotationsMax = 1000;
const textMax = 2048;

/** The row of a document, and one row for each call that was made in it. */
export function toRows(accepted: AcceptedDocument, source: Source): { segment: SegmentRow; calls: CallRow[] } {
  const { document, traceId } = accepted;
  const kind = document.type === 'subsegment' ? 'subsegment' : 'segment';
  const http = objectIn(document, 'http');
  const request = objectIn(http, 'request');
  const aws = objectIn(document, 'aws');
  const ecs = objectIn(aws, 'ecs');
  const ec2 = objectIn(aws, 'ec2');
  const place = accepted.workload ?? workloadFacts(source, ecs);
  const type = textAt(document, 'origin');
  const times = timesOf(document);
  const flags = flagsOf(document);
  const parts = flatten(document);
  const segment: SegmentRow = {
    account: source.account,
    region: source.region,
    trace_id: traceId,
    id: document.id,
    parent_id: document.parent_id ?? '',
    kind,
    name: document.name,
    type,
    start: times.start,
    end: times.end,
    in_progress: times.in_progress,
    fault: flags.fault,
    error: flags.error,
    throttle: flags.throttle,
    http_method: textAt(request, 'method'),
    http_url: textAt(request, 'url').slice(0, textMax),
    http_status: statusOf(http),
    client_ip: textAt(request, 'client_ip').slice(0, 250),
    user_agent: textAt(request, 'user_agent').slice(0, textMax),
    user: textAt(document, 'user').slice(0, 250),
    resource_arn: textAt(document, 'resource_arn') || textAt(ecs, 'task_arn'),
    instance_id: textAt(ec2, 'instance_id'),
    availability_zone: textAt(ec2, 'availability_zone') || textAt(ecs, 'availability_zone') || place.availabilityZone,
    annotations: annotationsOf(parts),
    subsegment_ids: parts.length > 1 ? parts.slice(1).map(({ part }) => part.id) : [],
    cluster: place.clusterName,
    service: place.serviceName,
    task: place.taskArn,
    container: place.containerName,
    deployment: place.deploymentId,
    revision: place.revision,
    image: place.image,
    source: source.name,
    document: JSON.stringify(kind === 'segment' ? withTask(document, place) : document),
  };
  const ownerKnown = kind === 'segment' || accepted.ownerName !== undefined;
  const owner: Owner = {
    name: accepted.ownerName ?? (kind === 'segment' ? document.name : ''),
    type: accepted.ownerType ?? (kind === 'segment' ? type : ''),
    known: ownerKnown ? 1 : 0,
  };
  const calls: CallRow[] = [];
  for (const { part, parentId, insideAwsCall } of parts) {
    if (isCall(part) && !insideAwsCall) calls.push(toCall(part, parentId, segment, owner));
  }
  return { segment, calls };
}

interface Owner {
  readonly name: string;
  readonly type: string;
  readonly known: 0 | 1;
}

const nothing: JsonObject = {};

/** A member that is an object; an empty one for anything else. */
function objectIn(owner: JsonObject, name: string): JsonObject {
  const value = owner[name];
  return isObject(value) ? value : nothing;
}

/** The listener knows the task even where the SDK has no ECS plugin: readers find it where the plugin would have put it. */
function withTask(document: SegmentDocument, place: WorkloadFacts): JsonObject {
  if (place.taskArn === '') return document;
  const aws = objectIn(document, 'aws');
  const ecs = objectIn(aws, 'ecs');
  if (textAt(ecs, 'task_arn') !== '') return document;
  return {
    ...document,
    aws: {
      ...aws,
      ecs: { ...ecs, task_arn: place.taskArn, container_name: place.containerName, service: place.serviceName },
    },
  };
}

/** Calls carry a namespace; a segment that is itself a call does not exist. */
function isCall(part: SegmentDocument): boolean {
  return part.namespace === 'aws' || part.namespace === 'remote';
}

interface Part {
  readonly part: SegmentDocument;
  readonly parentId: string;
  readonly insideAwsCall: boolean;
}

function flatten(document: SegmentDocument): Part[] {
  const parts: Part[] = [{ part: document, parentId: document.parent_id ?? '', insideAwsCall: false }];
  for (let index = 0; index < parts.length; index += 1) {
    const { part, insideAwsCall } = parts[index]!;
    const inside = insideAwsCall || part.namespace === 'aws';
    for (const child of part.subsegments ?? []) parts.push({ part: child, parentId: part.id, insideAwsCall: inside });
  }
  return parts;
}

function toCall(part: SegmentDocument, parentId: string, segment: SegmentRow, owner: Owner): CallRow {
  const http = objectIn(part, 'http');
  const request = objectIn(http, 'request');
  const target = inferTarget(part);
  const times = timesOf(part);
  const flags = flagsOf(part);
  const url = textAt(request, 'url').slice(0, textMax);
  return {
    account: segment.account,
    region: segment.region,
    trace_id: segment.trace_id,
    id: part.id,
    parent_id: parentId,
    owner_name: owner.name,
    owner_type: owner.type,
    owner_known: owner.known,
    name: part.name,
    namespace: part.namespace ?? '',
    target_name: target.name,
    target_type: target.type,
    path: pathOf(url),
    link: 0,
    start: times.start,
    end: times.end,
    in_progress: times.in_progress,
    fault: flags.fault,
    error: flags.error,
    throttle: flags.throttle,
    http_method: textAt(request, 'method'),
    http_url: url,
    http_status: statusOf(http),
  };
}

function timesOf(part: SegmentDocument): { start: number; end: number; in_progress: 0 | 1 } {
  const inProgress = part.in_progress === true || part.end_time === undefined || part.end_time === null;
  const end = inProgress ? part.start_time : Math.max(part.start_time, part.end_time!);
  return { start: Math.round(part.start_time * 1e6), end: Math.round(end * 1e6), in_progress: inProgress ? 1 : 0 };
}

/** The flags as sent; from the HTTP status only when none of the three is there. */
export function flagsOf(part: JsonObject): { fault: 0 | 1; error: 0 | 1; throttle: 0 | 1 } {
  const flag = (value: unknown): 0 | 1 => (value === true ? 1 : 0);
  const isTold =
    typeof part.fault === 'boolean' || typeof part.error === 'boolean' || typeof part.throttle === 'boolean';
  if (isTold) {
    return { fault: flag(part.fault), error: flag(part.error), throttle: flag(part.throttle) };
  }
  const status = statusOf(objectIn(part, 'http'));
  return {
    fault: status >= 500 && status < 600 ? 1 : 0,
    error: status >= 400 && status < 500 ? 1 : 0,
    throttle: status === 429 ? 1 : 0,
  };
}

function statusOf(http: JsonObject): number {
  const status = integerAt(http.response, 'status');
  return status >= 0 && status <= 65_535 ? status : 0;
}

/** `key=` and the JSON of the value. Only text, numbers and booleans are indexed, as in X-Ray. */
function annotationsOf(parts: readonly Part[]): string[] {
  const found: string[] = [];
  for (const { part } of parts) {
    if (!isObject(part.annotations)) continue;
    for (const [key, value] of Object.entries(part.annotations)) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
      found.push(`${key.slice(0, 500).replaceAll('=', '_')}=${JSON.stringify(shorten(value))}`);
      if (found.length === annotationsMax) return found;
    }
  }
  return found;
}

function shorten(value: unknown): unknown {
  return typeof value === 'string' ? value.slice(0, 1000) : value;
}

function pathOf(url: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? url.split(/[?#]/)[0]!;
  return path.slice(0, 250);
}

/** The listener's knowledge first, then what the document says of its ECS task. */
function workloadFacts(source: Source, ecs: JsonObject): WorkloadFacts {
  const known = source.workload;
  if (known) {
    return {
      clusterName: known.clusterName,
      serviceName: known.serviceName,
      taskArn: known.taskArn,
      containerName: known.containerName,
      deploymentId: known.deploymentId,
      revision: `${known.taskDefinitionFamily}:${known.taskDefinitionRevision}`,
      image: known.image,
      availabilityZone: known.availabilityZone,
    };
  }
  const clusterArn = textAt(ecs, 'cluster_arn');
  const family = textAt(ecs, 'task_family');
  return {
    clusterName: clusterArn.slice(clusterArn.lastIndexOf('/') + 1),
    serviceName: '',
    taskArn: textAt(ecs, 'task_arn'),
    containerName: textAt(ecs, 'container'),
    deploymentId: '',
    revision: [family, textAt(ecs, 'task_revision')].filter(Boolean).join(':'),
    image: '',
    availabilityZone: textAt(ecs, 'availability_zone'),
  };
}
