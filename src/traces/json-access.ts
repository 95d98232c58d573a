import { toNumber } from '../wire/to-number.ts';
import type { JsonObject } from './model.ts';

/** Reads of documents that anybody may have written: a wrong type counts as absent. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(owner: unknown, ...path: string[]): JsonObject {
  let value: unknown = owner;
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return isObject(value) ? value : {};
}

export function textAt(owner: unknown, name: string): string {
  const value = isObject(owner) ? owner[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Whole number from a number or decimal text; 0 when absent or not finite. */
export function integerAt(owner: unknown, name: string): number {
  const value = toNumber(isObject(owner) ? owner[name] : undefined);
  return Number.isFinite(value) ? Math.trunc(value) : 0;
}

export function textsAt(owner: unknown, name: string): string[] {
  const value = isObject(owner) ? owner[name] : undefined;
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
