import type { Member, Shape } from '../model.ts';
import { SerializationError } from '../serialization-error.ts';
import { setOwn } from './json-reader.ts';
import { readScalar } from './scalar.ts';

/** Dotted form fields as a tree: `Tags.member.1.Key=a` becomes Tags -> member -> 1 -> Key. */
interface Field {
  text?: string;
  children?: Map<string, Field>;
}

// Real requests nest six deep; a form of a million dots must not build a million nodes.
const DEPTH_MAX = 32;

/** Reads the form fields of a `query` or `ec2` request. EC2 names lists flat and capitalizes member names. */
export function readForm(shape: Shape, form: URLSearchParams, dialect: 'query' | 'ec2'): any {
  return readStructure(shape, fieldTree(form), dialect, '');
}

function fieldTree(form: URLSearchParams): Field {
  const root: Field = {};
  for (const [name, text] of form) {
    const segments = name.split('.');
    if (segments.length > DEPTH_MAX) throw new SerializationError(`the parameter ${name.slice(0, 64)} nests too deep`);
    let field = root;
    for (const segment of segments) {
      field.children ??= new Map();
      let child = field.children.get(segment);
      if (!child) {
        child = {};
        field.children.set(segment, child);
      }
      field = child;
    }
    field.text = text;
  }
  return root;
}

function readStructure(shape: Shape, field: Field, dialect: 'query' | 'ec2', path: string): any {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const name = fieldName(member, dialect);
    const child = field.children?.get(name);
    if (child) result[member.name] = readValue(member.shape, child, member, dialect, path + name);
  }
  return result;
}

function fieldName(member: Member, dialect: 'query' | 'ec2'): string {
  if (dialect === 'ec2') {
    if (member.queryName) return member.queryName;
    return member.locationName
      ? member.locationName.charAt(0).toUpperCase() + member.locationName.slice(1)
      : member.name;
  }
  // In a flattened list the item's name takes the place of the list's.
  if (member.flattened && member.shape.type === 'list' && member.shape.item?.locationName) {
    return member.shape.item.locationName;
  }
  return member.locationName ?? member.name;
}

function readValue(shape: Shape, field: Field, member: Member, dialect: 'query' | 'ec2', path: string): unknown {
  switch (shape.type) {
    case 'structure':
      return readStructure(shape, field, dialect, `${path}.`);
    case 'list':
      return readList(shape, field, member, dialect, path);
    case 'map':
      return readMap(shape, field, member, dialect, path);
    default:
      return readScalar(shape, field.text ?? '', path);
  }
}

function readList(shape: Shape, field: Field, member: Member, dialect: 'query' | 'ec2', path: string): unknown[] {
  const item = shape.item!;
  // Items without the `member` level are taken, too, as AWS takes them.
  const nested = field.children?.get(item.locationName ?? 'member');
  const items = dialect === 'ec2' || member.flattened ? field : (nested ?? field);
  return numbered(items).map((child) => readValue(item.shape, child, item, dialect, path));
}

function readMap(shape: Shape, field: Field, member: Member, dialect: 'query' | 'ec2', path: string): unknown {
  const keyName = shape.key!.locationName ?? 'key';
  const valueName = shape.value!.locationName ?? 'value';
  const entries = member.flattened ? field : (field.children?.get('entry') ?? field);
  const result: Record<string, unknown> = {};
  for (const entry of numbered(entries)) {
    const key = entry.children?.get(keyName)?.text;
    if (key === undefined) continue;
    const value = entry.children?.get(valueName) ?? { text: '' };
    setOwn(result, key, readValue(shape.value!.shape, value, shape.value!, dialect, path));
  }
  return result;
}

function numbered(field: Field): Field[] {
  return [...(field.children ?? [])]
    .filter(([name]) => /^\d{1,6}$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
