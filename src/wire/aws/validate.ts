import type { Shape } from './model.ts';

/** Adds one message for each constraint that `value` breaks; `path` is AWS's: `tags.1.member.key`. */
type Check = (value: any, path: string, messages: string[]) => void;

// As AWS does: a request with a thousand wrong items is not answered with a thousand messages.
const MESSAGES_MAX = 20;
const checks = new WeakMap<Shape, Check | null>();

/**
 * What is wrong with a decoded input according to its model, in AWS's words, or undefined:
 * `1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null`.
 */
export function validateInput(shape: Shape, input: unknown): string | undefined {
  const check = checkOf(shape);
  if (!check) return undefined;
  const messages: string[] = [];
  check(input, '', messages);
  if (messages.length === 0) return undefined;
  const shown = messages.slice(0, MESSAGES_MAX);
  return `${shown.length} validation error${shown.length > 1 ? 's' : ''} detected: ${shown.join('; ')}`;
}

/** Null when nothing below the shape is constrained. */
function checkOf(shape: Shape): Check | null {
  const existing = checks.get(shape);
  if (existing !== undefined) return existing;
  let check: Check | null = null;
  if (isConstrained(shape, new Set())) {
    // A recursive shape finds this forwarder while it is being built.
    checks.set(shape, (value, path, messages) => check?.(value, path, messages));
    check = buildCheck(shape);
  }
  checks.set(shape, check);
  return check;
}

function isConstrained(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  if (shape.required.length > 0 || shape.min !== undefined || shape.max !== undefined) return true;
  if (shape.pattern || shape.enum) return true;
  const parts = [...shape.members, shape.item, shape.key, shape.value];
  return parts.some((part) => part !== undefined && isConstrained(part.shape, seen));
}

function buildCheck(shape: Shape): Check {
  switch (shape.type) {
    case 'structure':
      return structureCheck(shape);
    case 'list':
      return listCheck(shape);
    case 'map':
      return mapCheck(shape);
    case 'string':
    case 'character':
      return stringCheck(shape);
    case 'blob':
      return (value, path, messages) => checkSize(shape, value.length, 'length', '[...]', path, messages);
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return (value, path, messages) => checkSize(shape, value, 'value', String(value), path, messages);
    default:
      return () => {};
  }
}

function structureCheck(shape: Shape): Check {
  const checked = shape.members.flatMap((member) => {
    const check = checkOf(member.shape);
    return check ? [{ name: member.name, check }] : [];
  });
  return (value, path, messages) => {
    for (const name of shape.required) {
      if (value[name] === undefined || value[name] === null) {
        messages.push(`Value null at '${join(path, name)}' failed to satisfy constraint: Member must not be null`);
      }
    }
    for (const { name, check } of checked) {
      const item = value[name];
      if (item !== undefined && item !== null) withPath(check, item, () => join(path, name), messages);
    }
  };
}

function listCheck(shape: Shape): Check {
  const check = checkOf(shape.item!.shape);
  return (value, path, messages) => {
    checkSize(shape, value.length, 'length', describe(value), path, messages);
    if (!check) return;
    for (let index = 0; index < value.length && messages.length < MESSAGES_MAX; index++) {
      withPath(check, value[index], () => `${path}.${index + 1}.member`, messages);
    }
  };
}

function mapCheck(shape: Shape): Check {
  const checkKey = checkOf(shape.key!.shape);
  const checkValue = checkOf(shape.value!.shape);
  return (value, path, messages) => {
    checkSize(shape, Object.keys(value).length, 'length', describe(value), path, messages);
    for (const key of Object.keys(value)) {
      if (messages.length >= MESSAGES_MAX) return;
      checkKey?.(key, `${path}.key`, messages);
      if (checkValue) withPath(checkValue, value[key], () => `${path}.${key}.member`, messages);
    }
  };
}

/** Paths are built only for what is wrong: building them for each of 1,000 log events cost a quarter of the rate. */
function withPath(check: Check, value: unknown, path: () => string, messages: string[]): void {
  const before = messages.length;
  check(value, '', messages);
  if (messages.length === before) return;
  messages.length = before;
  check(value, path(), messages);
}

function stringCheck(shape: Shape): Check {
  const allowed = shape.enum && new Set(shape.enum);
  const pattern = shape.pattern === undefined ? undefined : compilePattern(shape.pattern);
  return (value: string, path, messages) => {
    const before = messages.length;
    checkSize(shape, value.length, 'length', describe(value), path, messages);
    // A slow pattern must never see unbounded text.
    if (messages.length === before && pattern && !pattern.test(value)) {
      messages.push(`${broken(describe(value), path)}satisfy regular expression pattern: ${shape.pattern}`);
    }
    if (allowed && !allowed.has(value)) {
      messages.push(`${broken(describe(value), path)}satisfy enum value set: [${shape.enum?.join(', ')}]`);
    }
  };
}

/** The patterns are Java's. All of the pack compile here; one that did not would not be enforced. */
export function compilePattern(pattern: string): RegExp | undefined {
  for (const flags of ['su', 's']) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      // Some escapes are errors with the u flag only.
    }
  }
  return undefined;
}

function checkSize(
  shape: Shape,
  size: number,
  what: 'length' | 'value',
  shown: string,
  path: string,
  messages: string[],
): void {
  if (shape.min !== undefined && size < shape.min) {
    messages.push(`${broken(shown, path)}have ${what} greater than or equal to ${shape.min}`);
  }
  if (shape.max !== undefined && size > shape.max) {
    messages.push(`${broken(shown, path)}have ${what} less than or equal to ${shape.max}`);
  }
}

const broken = (shown: string, path: string): string =>
  `Value '${shown}' at '${path}' failed to satisfy constraint: Member must `;

function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length > 20 ? '[...]' : `[${value.map(describe).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return '{...}';
  const text = String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** AWS names members in lower camel case, whatever the wire says. */
const join = (path: string, name: string): string =>
  `${path ? `${path}.` : ''}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
