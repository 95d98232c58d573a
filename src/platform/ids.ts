import { randomBytes, randomUUID } from 'node:crypto';

/** 32 lower-case hex digits: ECS task ids and the like. */
export const newHexId = (bytes = 16): string => randomBytes(bytes).toString('hex');

export const newUuid = (): string => randomUUID();

/** Upper-case letters and digits, as in access key ids and IAM unique ids. */
export function newAlphanumericId(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
