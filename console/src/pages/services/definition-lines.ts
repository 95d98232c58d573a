import type { TaskDefinition } from '../../api/ecs.ts';

/** What differs between two revisions without being a change: numbers, times and what the service adds itself. */
const incidental = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'compatibilities',
  'requiresAttributes',
]);

/** What a container has when nothing is said: written or not, it is the same. */
const containerDefaults: Readonly<Record<string, unknown>> = { cpu: 0, essential: true };

/** Lists whose order says nothing, and what their entries are known by. */
const namedLists: Readonly<Record<string, string>> = {
  environment: 'name',
  secrets: 'name',
  volumes: 'name',
  mountPoints: 'containerPath',
  portMappings: 'containerPort',
  ulimits: 'name',
  systemControls: 'namespace',
};

/**
 * A task definition as lines that differ only where two revisions mean different things: members in one order, nothing
 * that is empty, and no default, whether it was written down or filled in.
 */
export function definitionLines(definition: TaskDefinition): string[] {
  const own = Object.fromEntries(Object.entries(definition).filter(([name]) => !incidental.has(name)));
  return linesOf(normalise(own, ''), '', '');
}

const shortEnough = 100;

/**
 * JSON by lines, but without commas at their ends and with small objects on one line: so that an entry that is added to
 * a list is one added line.
 */
function linesOf(value: unknown, name: string, indent: string): string[] {
  const label = name === '' ? '' : `${JSON.stringify(name)}: `;
  const flat = JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
  const isLeaf = value === null || typeof value !== 'object';
  const inner = isLeaf ? [] : Object.values(value);
  const isSmall = inner.every((one) => one === null || typeof one !== 'object') && flat.length <= shortEnough;
  if (isLeaf || (isSmall && (Array.isArray(value) || indent !== ''))) return [`${indent}${label}${flat}`];
  const open = Array.isArray(value) ? '[' : '{';
  const close = Array.isArray(value) ? ']' : '}';
  return [
    `${indent}${label}${open}`,
    ...Object.entries(value).flatMap(([key, one]) => linesOf(one, Array.isArray(value) ? '' : key, `${indent}  `)),
    `${indent}${close}`,
  ];
}

function normalise(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normalise(item, name));
    const key = namedLists[name];
    return key ? items.sort((a, b) => (keyOf(a, key) < keyOf(b, key) ? -1 : 1)) : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .filter(([member, inner]) => !isDefault(value as Record<string, unknown>, name, member, inner))
    .map(([member, inner]): [string, unknown] => [member, normalise(inner, member)])
    .filter(([, inner]) => !isEmpty(inner))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

const keyOf = (item: unknown, key: string): string => String((item as Record<string, unknown> | null)?.[key] ?? '');

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isDefault(parent: Record<string, unknown>, name: string, member: string, value: unknown): boolean {
  if (name === 'containerDefinitions') {
    return Object.hasOwn(containerDefaults, member) && containerDefaults[member] === value;
  }
  if (name !== 'portMappings') return false;
  if (member === 'protocol') return value === 'tcp';
  return member === 'hostPort' && (value === 0 || value === parent.containerPort);
}
