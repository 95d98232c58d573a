import type { ServiceId } from '@aws-sdk/client-xray';
import { textAt } from '../json-access.ts';
import type { TracePart } from './merge-trace.ts';

export function serviceIdOf(part: TracePart, account: string): ServiceId {
  const { document } = part;
  const type = textAt(document, 'origin') || (part.inferred ? 'remote' : '');
  return { Name: document.name, Names: [document.name], AccountId: account, Type: type };
}

export function durationOf(part: TracePart): number {
  return Math.max(0, (part.document.end_time ?? part.document.start_time) - part.document.start_time);
}
