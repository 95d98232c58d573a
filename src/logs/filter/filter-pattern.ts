import { awsError } from '../../wire/aws/aws-error.ts';
import { parseFieldsPattern } from './fields-pattern.ts';
import { FilterPatternError } from './filter-pattern-error.ts';
import { parseJsonPattern } from './json-pattern.ts';
import { LinearRegexError } from './linear-regex.ts';
import { parseTextPattern } from './text-pattern.ts';

/** A filter pattern, ready to be asked about messages. */
export interface FilterPattern {
  readonly kind: 'text' | 'json' | 'fields';
  /** Every message that matches contains all of these: what a search in the store can narrow by. */
  readonly requiredTexts: readonly string[];
  /** Undefined when the message does not match. */
  match(message: string): PatternMatch | undefined;
}

export interface PatternMatch {
  /** Values by `$.path` (JSON) or `$name` (fields) as far as the pattern names them. */
  readonly extractedValues: Readonly<Record<string, string>>;
  /** The value of any `$.path` or `$name`; undefined when the message has none. */
  valueOf(selector: string): string | undefined;
}

/** Reads a filter pattern of CloudWatch Logs. Throws InvalidParameterException. */
export function parseFilterPattern(text: string): FilterPattern {
  try {
    const trimmed = text.trim();
    if (trimmed.startsWith('{')) return parseJsonPattern(trimmed);
    if (trimmed.startsWith('[')) return parseFieldsPattern(trimmed);
    return parseTextPattern(trimmed);
  } catch (error) {
    if (!(error instanceof FilterPatternError) && !(error instanceof LinearRegexError)) throw error;
    throw awsError('InvalidParameterException', `Invalid filter pattern. ${error.message}`);
  }
}
