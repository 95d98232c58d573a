import type { AlarmStateValue } from './index.ts';

/** A composite alarm's rule as a tree. */
export type Rule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmStateValue; readonly alarm: string }
  | {
      readonly kind: 'at-least';
      readonly count: number;
      readonly isPercent: boolean;
      readonly negated: boolean;
      readonly state: AlarmStateValue;
      readonly alarms: readonly string[];
    }
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'all' | 'any'; readonly rules: readonly Rule[] };

export class RuleError extends Error {}

const stateNames: Readonly<Record<string, AlarmStateValue>> = {
  ALARM: 'ALARM',
  OK: 'OK',
  INSUFFICIENT_DATA: 'INSUFFICIENT_DATA',
};

const elementsMax = 500;
const depthMax = 100;

/** Parses an AlarmRule; throws RuleError with the position of the mistake. */
export function parseRule(text: string): Rule {
  const parser = new RuleParser(text);
  const rule = parser.any();
  parser.end();
  return rule;
}

/** The state of each alarm that the rule names: by name or ARN; undefined when there is none. */
export type StateOf = (alarm: string) => AlarmStateValue | undefined;

/** What does not exist is in no state. */
export function evaluateRule(rule: Rule, stateOf: StateOf): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !evaluateRule(rule.rule, stateOf);
    case 'all':
      return rule.rules.every((part) => evaluateRule(part, stateOf));
    case 'any':
      return rule.rules.some((part) => evaluateRule(part, stateOf));
    case 'at-least': {
      const matching = rule.alarms.filter((alarm) => (stateOf(alarm) === rule.state) !== rule.negated).length;
      return matching >= (rule.isPercent ? (rule.count / 100) * rule.alarms.length : rule.count);
    }
  }
}

/** Names and ARNs that a rule mentions. */
export function childrenOf(rule: Rule): string[] {
  if (rule.kind === 'state') return [rule.alarm];
  if (rule.kind === 'at-least') return [...rule.alarms];
  if (rule.kind === 'not') return childrenOf(rule.rule);
  if (rule.kind === 'constant') return [];
  return rule.rules.flatMap(childrenOf);
}

class RuleParser {
  private readonly text: string;
  private position = 0;
  private elements = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  any(): Rule {
    return this.joined('OR', 'any', () => this.joined('AND', 'all', () => this.not()));
  }

  end(): void {
    this.skipSpace();
    if (this.position < this.text.length) this.fail();
  }

  private joined(word: string, kind: 'all' | 'any', part: () => Rule): Rule {
    const rules = [part()];
    while (this.takeWord(word)) rules.push(part());
    return rules.length === 1 ? rules[0]! : { kind, rules };
  }

  private not(): Rule {
    this.depth += 1;
    this.elements += 1;
    if (this.depth > depthMax || this.elements > elementsMax) throw new RuleError('AlarmRule has too many elements');
    const rule = this.takeWord('NOT') ? { kind: 'not' as const, rule: this.not() } : this.single();
    this.depth -= 1;
    return rule;
  }

  private single(): Rule {
    if (this.take('(')) {
      const inner = this.any();
      this.expect(')');
      return inner;
    }
    if (this.takeWord('TRUE')) return { kind: 'constant', value: true };
    if (this.takeWord('FALSE')) return { kind: 'constant', value: false };
    if (this.takeWord('AT_LEAST')) return this.atLeast();
    for (const [word, state] of Object.entries(stateNames)) {
      if (!this.takeWord(word)) continue;
      this.expect('(');
      const alarm = this.alarmName();
      this.expect(')');
      return { kind: 'state', state, alarm };
    }
    this.fail();
  }

  private atLeast(): Rule {
    this.expect('(');
    const count = this.match(/\d+/y);
    if (count === undefined) this.fail();
    const isPercent = this.take('%');
    this.expect(',');
    const negated = this.takeWord('NOT');
    const state = Object.keys(stateNames).find((word) => this.takeWord(word));
    if (!state) this.fail();
    this.expect(',');
    this.expect('(');
    const alarms = [this.alarmName()];
    while (this.take(',')) alarms.push(this.alarmName());
    this.expect(')');
    this.expect(')');
    return { kind: 'at-least', count: Number(count), isPercent, negated, state: stateNames[state]!, alarms };
  }

  private alarmName(): string {
    const quoted = this.match(/"((?:[^"\\]|\\.)*)"/y);
    if (quoted !== undefined) return quoted.slice(1, -1).replace(/\\(.)/g, '$1');
    const bare = this.match(/[^\s"(),]+/y);
    if (bare === undefined) this.fail();
    return bare;
  }

  private takeWord(word: string): boolean {
    this.skipSpace();
    const next = this.text[this.position + word.length];
    if (!this.text.startsWith(word, this.position) || (next !== undefined && /\w/.test(next))) return false;
    this.position += word.length;
    return true;
  }

  private take(symbol: string): boolean {
    this.skipSpace();
    if (this.text[this.position] !== symbol) return false;
    this.position += 1;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.take(symbol)) this.fail();
  }

  private match(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position += 1;
  }

  private fail(): never {
    throw new RuleError(`AlarmRule has a mistake at position ${this.position + 1}`);
  }
}
