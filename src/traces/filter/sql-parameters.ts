import type { QueryParameter } from '../../stores/telemetry/store.ts';

/** Collects the values of a statement and gives their placeholders: text of a user never becomes SQL. */
export class SqlParameters {
  readonly values: Record<string, QueryParameter> = {};
  private count = 0;

  text(value: string): string {
    return this.bind(value, 'String');
  }

  number(value: number): string {
    return this.bind(value, 'Float64');
  }

  private bind(value: string | number, type: string): string {
    const name = `f${this.count}`;
    this.count += 1;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }
}
