import { awsError } from '../../wire/aws/aws-error.ts';

export const encodePageToken = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Throws InvalidNextToken when it is none of ours. */
export function decodePageToken<Value extends object>(token: string, isOurs: (value: object) => value is Value): Value {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof value === 'object' && value !== null && isOurs(value)) return value;
  } catch {
    // Answered below, as for any other text that is no token.
  }
  throw awsError('InvalidNextToken', 'The next token specified is invalid.');
}
