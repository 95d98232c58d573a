import type { Attributes } from '../../wire/otlp.ts';
import type { JsonObject } from '../model.ts';
import { ecsOf, originOf, placeOf, sdkOf } from './span-aws.ts';
import { first } from './span-http.ts';

/** What all spans of a resource share; worked out once for each request that names the resource. */
export interface ResourceFacts {
  readonly serviceName: string;
  readonly origin: string;
  readonly version: string;
  readonly language: string;
  readonly provider: string;
  readonly indexAll: boolean;
  readonly sdk: JsonObject;
  readonly place: JsonObject;
  /** Undefined where it names no task. */
  readonly ecs: JsonObject | undefined;
  /** The attributes, as a segment's metadata has them. */
  readonly metadata: readonly (readonly [key: string, value: unknown])[];
}

const known = new WeakMap<Attributes, ResourceFacts>();

export function factsOf(resource: Attributes): ResourceFacts {
  let facts = known.get(resource);
  if (!facts) {
    facts = readFacts(resource);
    known.set(resource, facts);
  }
  return facts;
}

function readFacts(resource: Attributes): ResourceFacts {
  const ecs = ecsOf(resource);
  return {
    serviceName: first(resource, 'service.name'),
    origin: originOf(resource),
    version: first(resource, 'service.version'),
    language: first(resource, 'telemetry.sdk.language'),
    provider: first(resource, 'cloud.provider'),
    indexAll: resource['aws.xray.index_all_attributes'] === true,
    sdk: sdkOf(resource),
    place: placeOf(resource),
    ecs: Object.keys(ecs).length > 0 ? ecs : undefined,
    metadata: Object.entries(resource).map(([key, value]) => [`otel.resource.${key}`, value] as const),
  };
}
