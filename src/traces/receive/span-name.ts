import type { Attributes, OtlpSpan } from '../../wire/otlp.ts';
import type { JsonObject } from '../model.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { first } from './span-http.ts';

const sqlSystems: ReadonlySet<string> = new Set([
  'db2',
  'derby',
  'hive',
  'mariadb',
  'mssql',
  'microsoft.sql_server',
  'mysql',
  'oracle',
  'oracle.db',
  'postgresql',
  'sqlite',
  'teradata',
  'other_sql',
]);

export function isAwsCall(span: OtlpSpan): boolean {
  const { attributes } = span;
  if (span.kind === 'server' || span.kind === 'consumer' || span.kind === 'internal') return false;
  return (
    attributes['rpc.system'] === 'aws-api' || attributes['rpc.system.name'] === 'aws-api' || !!attributes['aws.service']
  );
}

/** The service that a span belongs to. */
export function ownerNameOf(span: OtlpSpan, resource: ResourceFacts): string {
  return sanitizeName(first(span.attributes, 'aws.local.service') || resource.serviceName || 'unknown_service');
}

/** The name of a span's segment or subsegment, by the order that the collector's exporter follows. */
export function nameOf(span: OtlpSpan, resource: ResourceFacts, isSegment: boolean): string {
  const { attributes } = span;
  if (isSegment) return ownerNameOf(span, resource);
  const isOutgoing = span.kind === 'client' || span.kind === 'producer' || span.kind === 'consumer';
  const remote = isOutgoing ? first(attributes, 'aws.remote.service') : '';
  const name =
    (isAwsCall(span) ? remote.replace(/^(AWS\.SDK\.|AWS::)/, '') : remote) ||
    first(attributes, 'peer.service', 'aws.service') ||
    (isOutgoing ? databaseName(attributes) : '') ||
    (isOutgoing ? awsServiceOf(attributes) : '') ||
    (isOutgoing ? first(attributes, 'rpc.service', 'http.host', 'server.address', 'net.peer.name') : '') ||
    span.name;
  return sanitizeName(name);
}

/** Illegal characters out, 200 at most, never empty. */
export function sanitizeName(name: string): string {
  if (plainName.test(name)) return name;
  return name.replace(/[^\p{L}\p{Z}\p{N}_.:/%&#=+\-@]/gu, '').slice(0, 200) || 'span';
}

const plainName = /^[A-Za-z0-9 _.:/%&#=+\-@]{1,200}$/;

/** The `sql` block of a span that speaks to an SQL database, by the old or the stable convention. */
export function sqlOf(span: OtlpSpan): JsonObject | undefined {
  const { attributes } = span;
  const system = first(attributes, 'db.system.name', 'db.system');
  if (!sqlSystems.has(system)) return undefined;
  const host = first(attributes, 'db.connection_string', 'server.address', 'net.peer.name') || 'localhost';
  const database = first(attributes, 'db.namespace', 'db.name');
  const sql: JsonObject = {
    url: span.name,
    connection_string: database ? `${host}/${database}` : host,
    database_type: system,
  };
  const user = first(attributes, 'db.user');
  const query = first(attributes, 'db.query.text', 'db.statement');
  if (user) sql.user = user;
  if (query) sql.sanitized_query = query.slice(0, 4096);
  return sql;
}

function awsServiceOf(attributes: Attributes): string {
  const isAws = attributes['rpc.system'] === 'aws-api' || attributes['rpc.system.name'] === 'aws-api';
  if (!isAws) return '';
  const method = first(attributes, 'rpc.method');
  return first(attributes, 'rpc.service') || (method.includes('/') ? method.split('/')[0]! : '');
}

function databaseName(attributes: Attributes): string {
  const database = first(attributes, 'db.namespace', 'db.name');
  const system = first(attributes, 'db.system.name', 'db.system');
  if (!database || !sqlSystems.has(system)) return '';
  const connection = first(attributes, 'db.connection_string').replace(/^jdbc:/, '');
  const host =
    /^[a-z0-9+.-]+:\/\/([^/:?]+)/i.exec(connection)?.[1] ?? first(attributes, 'server.address', 'net.peer.name');
  return host ? `${database}@${host}` : database;
}
