import { createHash } from 'node:crypto';
import type { OtlpEvent, OtlpSpan } from '../../wire/otlp.ts';
import type { JsonObject } from '../model.ts';
import { parseStack } from './parse-stack.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { first } from './span-http.ts';

const exceptionsMax = 32;

/** The `cause` block: one exception for each exception event, each with what caused it; else the error status's message. */
export function causeOf(span: OtlpSpan, { language }: ResourceFacts): JsonObject | undefined {
  if (span.events.length === 0 && span.statusCode !== 2) return undefined;
  const remote = span.kind === 'client' || span.kind === 'producer';
  const exceptions = span.events
    .flatMap((event, index) => exceptionsOf(event, language, remote, `${span.spanId}/${index}`))
    .slice(0, exceptionsMax);
  const message = span.statusMessage || first(span.attributes, 'http.status_text');
  if (exceptions.length === 0 && span.statusCode === 2 && message) {
    exceptions.push({
      id: exceptionId(`${span.spanId}/status`),
      type: first(span.attributes, 'error.type'),
      message,
      remote,
    });
  }
  return exceptions.length > 0 ? { exceptions } : undefined;
}

function exceptionsOf(event: OtlpEvent, language: string, remote: boolean, seed: string): JsonObject[] {
  if (event.name === 'HTTP request failure') return [requestFailure(event, remote, seed)];
  if (event.name !== 'exception') return [];
  const { stack, causes } = parseStack(first(event.attributes, 'exception.stacktrace'), language);
  const chain = [
    {
      type: first(event.attributes, 'exception.type'),
      message: first(event.attributes, 'exception.message'),
      stack,
    },
    ...causes,
  ];
  return chain.map((exception, index) => ({
    id: exceptionId(`${seed}/${index}`),
    ...exception,
    remote,
    ...(index + 1 < chain.length ? { cause: exceptionId(`${seed}/${index + 1}`) } : {}),
  }));
}

/** One attempt of an AWS SDK that failed. */
function requestFailure(event: OtlpEvent, remote: boolean, seed: string): JsonObject {
  const status = first(event.attributes, 'http.response.status_code');
  const text = first(event.attributes, 'aws.http.error_message');
  return {
    id: exceptionId(seed),
    type: 'aws.http.error.event',
    message: `${status}@${(event.timeUnixMicros / 1e6).toFixed(6)}@${text}`,
    remote,
  };
}

function exceptionId(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, 16);
}
