import { randomUUID } from 'node:crypto';

/** Nobody outside can know it, so no text that is written can be taken for it. */
const marker = `raw-json-${randomUUID()}`;
/** Those that the writing in progress has met, in order; JSON.stringify does not pause. */
let met: RawJson[] | undefined;

/**
 * Stands in an output for a value whose JSON, in the form of the wire, is known: it is copied, neither read nor written.
 * Only for callers whose context says `takesRawJson`.
 */
export class RawJson {
  /** The JSON, in parts that follow each other. */
  readonly parts: readonly Uint8Array[];

  constructor(parts: readonly Uint8Array[]) {
    this.parts = parts;
  }

  toJSON(): unknown {
    if (!met) return JSON.parse(Buffer.concat(this.parts).toString());
    met.push(this);
    return marker;
  }
}

/** A value as JSON, raw parts of it copied. */
export function jsonBytes(value: unknown): Buffer {
  met = [];
  try {
    const text = JSON.stringify(value);
    if (met.length === 0) return Buffer.from(text);
    const between = text.split(`"${marker}"`).map((part) => Buffer.from(part));
    const raw = met;
    return Buffer.concat(between.flatMap((part, index) => [part, ...(raw[index]?.parts ?? [])]));
  } finally {
    met = undefined;
  }
}
