import type { Member, Shape } from './model.ts';

/** No value can be made for the shape: it recurses, streams, or is a document. */
export const NO_VALUE = Symbol('no value');
const DEPTH_MAX = 6;

/** Makes a value for every member of a shape, each different from the last, with characters that need escaping. */
export class ValueGenerator {
  private counter = 0;

  make(shape: Shape, parents: readonly Shape[] = [], member?: Member): any {
    if (parents.filter((parent) => parent === shape).length > 1 || parents.length > DEPTH_MAX) return NO_VALUE;
    const inside = [...parents, shape];
    this.counter += 1;
    switch (shape.type) {
      case 'structure':
        return this.makeStructure(shape, inside);
      case 'list': {
        const items = [this.make(shape.item!.shape, inside), this.make(shape.item!.shape, inside)];
        return items.includes(NO_VALUE) ? NO_VALUE : items;
      }
      case 'map': {
        const value = this.make(shape.value!.shape, inside);
        return value === NO_VALUE ? NO_VALUE : { [shape.key!.shape.enum?.[0] ?? `k<${this.counter}`]: value };
      }
      case 'integer':
      case 'long':
        return (this.counter % 50) + 1;
      case 'float':
      case 'double':
        return (this.counter % 50) + 0.5;
      case 'boolean':
        return this.counter % 2 === 0;
      case 'blob':
        return new Uint8Array([1, 2, 250]);
      case 'timestamp':
        return new Date(1.7e12 + (this.counter % 1000) * 1000);
      default:
        return shape.enum?.[0] ?? (member?.location === 'header' ? `h${this.counter}` : `a<&>"é ${this.counter}`);
    }
  }

  private makeStructure(shape: Shape, inside: readonly Shape[]): any {
    if (shape.document || shape.eventstream) return NO_VALUE;
    const result: Record<string, unknown> = {};
    for (const member of shape.members) {
      if (member.streaming) continue;
      const value = this.make(member.shape, inside, member);
      if (value !== NO_VALUE) result[member.name] = value;
      else if (shape.required.includes(member.name)) return NO_VALUE;
      if ((shape as { union?: boolean }).union && Object.keys(result).length > 0) break;
    }
    return result;
  }
}
