import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_VALUE, ValueGenerator } from './generate-value.fixture.ts';
import { linkModel, type Shape } from './model.ts';
import { openModelPack } from './model-pack.ts';
import { decodeInput } from './protocol.ts';
import { SerializationError } from './serialization-error.ts';
import { compilePattern, validateInput } from './validate.ts';

const pack = openModelPack();
const inputOf = (service: string, operation: string): Shape => pack.load(service).operations.get(operation)!.input!;
const one = (text: string) => `1 validation error detected: ${text}`;

describe("constraints, in AWS's words", () => {
  test.each<[string, string, object, string | undefined]>([
    [
      'dynamodb',
      'DescribeTable',
      {},
      one("Value null at 'tableName' failed to satisfy constraint: Member must not be null"),
    ],
    [
      'logs',
      'CreateLogGroup',
      { logGroupName: 'a b' },
      one(
        "Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
      ),
    ],
    [
      'logs',
      'CreateLogGroup',
      { logGroupName: '' },
      one(
        "Value '' at 'logGroupName' failed to satisfy constraint: Member must have length greater than or equal to 1",
      ),
    ],
    [
      'logs',
      'GetLogEvents',
      { logStreamName: 's', limit: 10_001 },
      one("Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
    ],
    [
      'iam',
      'CreateRole',
      { RoleName: 'r', AssumeRolePolicyDocument: '{}', Tags: [{ Key: 'a', Value: 'b' }, { Key: 'c' }] },
      one("Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null"),
    ],
    ['ecs', 'CreateCluster', { clusterName: 'shop' }, undefined],
  ])('%s:%s %j', (service, operation, input, message) => {
    expect(validateInput(inputOf(service, operation), input)).toBe(message);
  });

  test('several at once are counted, a thousand are not all told', () => {
    expect(validateInput(inputOf('logs', 'PutLogEvents'), {})).toMatch(/^3 validation errors detected: .*; .*; /);
    const events = Array(5_000).fill({ message: 'm' });
    const message = validateInput(inputOf('logs', 'PutLogEvents'), {
      logGroupName: 'g',
      logStreamName: 's',
      logEvents: events,
    });
    expect(message).toMatch(/^20 validation errors detected: /);
  });

  test('a slow pattern never sees text beyond its length', () => {
    const raw = { type: 'string', max: 10, pattern: '(a+)+b' };
    const model = linkModel('x', {
      metadata: { apiVersion: '1', endpointPrefix: 'x', protocols: ['json'], serviceFullName: 'x' },
      operations: { Op: { http: { method: 'POST', requestUri: '/' }, input: { shape: 'In' } } },
      shapes: { In: { type: 'structure', members: { s: { shape: 'S' } } }, S: raw },
    });
    const message = validateInput(model.operations.get('Op')!.input!, { s: 'a'.repeat(100_000) });
    expect(message).toContain('Member must have length less than or equal to 10');
    expect(message).not.toContain('regular expression');
  });
});

test('every pattern of the pack compiles', () => {
  let seen = 0;
  for (const service of pack.services.keys()) {
    for (const operation of pack.load(service).operations.values()) {
      for (const shape of operation.input ? shapesBelow(operation.input) : []) {
        if (!shape.pattern) continue;
        seen += 1;
        expect(compilePattern(shape.pattern), shape.pattern).toBeDefined();
      }
    }
  }
  expect(seen).toBeGreaterThan(300);
});

test('whatever JSON comes, decoding refuses it or gives something that validation can look at', () => {
  const operations = ['ecs', 'logs', 'dynamodb', 'xray', 'iam', 'ec2'].flatMap((service) =>
    [...pack.load(service).operations.values()].filter(({ input }) => input),
  );
  fc.assert(
    fc.property(fc.constantFrom(...operations), fc.json(), fc.nat(), (operation, json, cut) => {
      const form = new URLSearchParams(json.replace(/[{}"]/g, '').replaceAll(':', '=').replaceAll(',', '&'));
      const body = Buffer.from(json).subarray(0, cut % 2 === 0 ? undefined : cut % (json.length + 1));
      for (const protocol of ['json-1.1', 'rest-json', 'query', 'ec2'] as const) {
        try {
          const input = decodeInput({ operation, protocol, form, labels: {} }, form, {}, body);
          const message = validateInput(operation.input!, input);
          expect(message === undefined || message.includes('validation error')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SerializationError);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a document cut at any byte is refused, not half read', () => {
  const operation = pack.load('ecs').operations.get('RegisterTaskDefinition')!;
  const value = new ValueGenerator().make(operation.input!);
  expect(value).not.toBe(NO_VALUE);
  const whole = Buffer.from(JSON.stringify(value));
  for (let length = 1; length < whole.length; length += 7) {
    const call = { operation, protocol: 'json-1.1' } as const;
    expect(() => decodeInput(call, new URLSearchParams(), {}, whole.subarray(0, length))).toThrow(SerializationError);
  }
});

function shapesBelow(shape: Shape, seen = new Set<Shape>()): Set<Shape> {
  if (seen.has(shape)) return seen;
  seen.add(shape);
  for (const part of [...shape.members, shape.item, shape.key, shape.value]) if (part) shapesBelow(part.shape, seen);
  return seen;
}
