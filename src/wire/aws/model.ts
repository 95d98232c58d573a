/** One service's description (`models/<service>.json`) with every reference resolved: a graph of shapes. */
export interface ServiceModel {
  readonly id: string;
  readonly metadata: ServiceMetadata;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Error shapes by shape name and by query error code. */
  readonly errors: ReadonlyMap<string, Shape>;
}

/** What `models/index.json` says of a service without its operations. */
export interface ServiceMetadata {
  readonly apiVersion: string;
  readonly endpointPrefix: string;
  readonly protocols: readonly ModelProtocol[];
  readonly serviceFullName: string;
  readonly jsonVersion?: string;
  readonly signingName?: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  readonly awsQueryCompatible?: object;
}

export type ModelProtocol = 'json' | 'rest-json' | 'query' | 'ec2' | 'smithy-rpc-v2-cbor';

export interface Operation {
  readonly name: string;
  readonly service: ServiceModel;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input: Shape | undefined;
  readonly output: Shape | undefined;
  readonly resultWrapper: string | undefined;
}

export interface Shape {
  readonly name: string;
  readonly type: ShapeType;
  /** Structures only; empty otherwise. */
  readonly members: readonly Member[];
  readonly required: readonly string[];
  /** Item of a list. */
  readonly item: Member | undefined;
  /** Key and value of a map. */
  readonly key: Member | undefined;
  readonly value: Member | undefined;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Name of the member that is the whole HTTP body. */
  readonly payload?: string;
  /** Any JSON value. */
  readonly document?: boolean;
  readonly eventstream?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean };
  readonly timestampFormat?: TimestampFormat;
}

export type ShapeType =
  | 'structure'
  | 'list'
  | 'map'
  | 'string'
  | 'character'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'blob'
  | 'timestamp';

export type TimestampFormat = 'iso8601' | 'rfc822' | 'unixTimestamp';

/** A reference to a shape; traits of the reference stand above those of the shape. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly locationName?: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly queryName?: string;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly jsonvalue?: boolean;
  readonly timestampFormat?: TimestampFormat;
}

interface RawModel {
  metadata: ServiceMetadata;
  operations: Record<string, RawOperation>;
  shapes: Record<string, any>;
}

interface RawOperation {
  http: Operation['http'];
  input?: { shape: string };
  output?: { shape: string; resultWrapper?: string };
}

export function linkModel(id: string, raw: RawModel): ServiceModel {
  const shapes = linkShapes(raw.shapes);
  const operations = new Map<string, Operation>();
  const service: ServiceModel = { id, metadata: raw.metadata, operations, errors: errorsByName(shapes) };
  for (const [name, operation] of Object.entries(raw.operations)) {
    operations.set(name, {
      name,
      service,
      http: operation.http,
      input: operation.input && shapes.get(operation.input.shape),
      output: operation.output && shapes.get(operation.output.shape),
      resultWrapper: operation.output?.resultWrapper,
    });
  }
  return service;
}

function linkShapes(raw: Record<string, any>): Map<string, Shape> {
  const shapes = new Map<string, any>();
  for (const [name, shape] of Object.entries(raw)) {
    const { member: _member, members: _members, ...traits } = shape;
    shapes.set(name, { ...traits, name, required: shape.required ?? [] });
  }
  const link = (reference: any, name: string): Member | undefined => {
    if (!reference) return undefined;
    const shape = shapes.get(reference.shape);
    const inherited = {
      locationName: shape.locationName,
      flattened: shape.flattened,
      timestampFormat: shape.timestampFormat,
    };
    return { ...inherited, ...reference, name, shape };
  };
  for (const [name, shape] of shapes) {
    const source = raw[name];
    shape.members = Object.entries(source.members ?? {}).map(([memberName, member]) => link(member, memberName));
    shape.item = link(source.member, 'member');
    shape.key = link(source.key, 'key');
    shape.value = link(source.value, 'value');
  }
  return shapes;
}

function errorsByName(shapes: Map<string, Shape>): Map<string, Shape> {
  const errors = new Map<string, Shape>();
  for (const shape of shapes.values()) if (shape.exception && shape.error?.code) errors.set(shape.error.code, shape);
  for (const shape of shapes.values()) if (shape.exception) errors.set(shape.name, shape);
  return errors;
}
