export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'CONTAINS' | 'BEGINSWITH' | 'ENDSWITH';
export type Literal = string | number | boolean;

/** Which nodes a `service()` or one side of an `edge()` means; a part left out means any. */
export interface Selector {
  readonly name?: string;
  readonly type?: string;
  readonly accountId?: string;
}

interface Compared {
  readonly comparison?: { readonly operator: Comparison; readonly value: Literal };
  /** Offset of the term in the expression's text. */
  readonly position: number;
}

export type Expression =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | ({ readonly kind: 'keyword'; readonly keyword: Keyword } & Compared)
  | ({ readonly kind: 'annotation'; readonly key: string } & Compared)
  | { readonly kind: 'service'; readonly selector: Selector; readonly condition: Expression; readonly position: number }
  | {
      readonly kind: 'edge';
      readonly from: Selector;
      readonly to: Selector;
      readonly condition: Expression;
      readonly position: number;
    }
  | {
      readonly kind: 'group';
      readonly by: 'name' | 'arn';
      readonly operator: '=' | '!=';
      readonly value: string;
      readonly position: number;
    }
  | {
      readonly kind: 'rootcause';
      readonly cause: 'fault' | 'error' | 'responsetime';
      readonly subject: 'service' | 'entity' | 'exception';
      readonly condition: Expression;
      readonly position: number;
    }
  | { readonly kind: 'rootcause-json'; readonly value: unknown; readonly position: number };

export type KeywordType = 'boolean' | 'number' | 'string';

export const keywords = {
  ok: 'boolean',
  error: 'boolean',
  throttle: 'boolean',
  fault: 'boolean',
  partial: 'boolean',
  inferred: 'boolean',
  first: 'boolean',
  last: 'boolean',
  remote: 'boolean',
  root: 'boolean',
  responsetime: 'number',
  duration: 'number',
  'http.status': 'number',
  index: 'number',
  coverage: 'number',
  'http.url': 'string',
  'http.method': 'string',
  'http.useragent': 'string',
  'http.clientip': 'string',
  user: 'string',
  name: 'string',
  type: 'string',
  message: 'string',
  availabilityzone: 'string',
  'instance.id': 'string',
  'resource.arn': 'string',
  'account.id': 'string',
} as const satisfies Record<string, KeywordType>;

export type Keyword = keyof typeof keywords;

/** The expression is wrong at `position` (0-based). */
export class FilterExpressionError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} at position ${position + 1}`);
    this.position = position;
  }
}
