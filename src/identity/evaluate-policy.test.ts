import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { evaluatePolicy, toConditionContext } from './evaluate-policy.ts';
import { matchesPattern } from './match-pattern.ts';
import { parsePolicyDocument } from './policy-document.ts';

type Statement = Record<string, unknown>;

function decide(
  statements: Statement[],
  action: string,
  resource = '*',
  context: Record<string, string | string[]> = {},
  caller?: { aws: string[]; services: string[] },
) {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  return evaluatePolicy([document], {
    action,
    resource,
    context: toConditionContext(context),
    ...(caller && { caller }),
  });
}

const allow = (more: Statement = {}): Statement => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more });
const deny = (more: Statement = {}): Statement => ({ Effect: 'Deny', Action: '*', Resource: '*', ...more });

/** One condition on an otherwise open Allow: whether it holds. */
function holds(operator: string, key: string, values: unknown, context: Record<string, string | string[]> = {}) {
  return decide([allow({ Condition: { [operator]: { [key]: values } } })], 'a:B', '*', context).decision === 'allowed';
}

describe('statements', () => {
  test('nothing allows by itself', () => {
    expect(decide([], 'sqs:Send').decision).toBe('implicit-deny');
    expect(decide([allow({ Action: 'sqs:Receive' })], 'sqs:Send').decision).toBe('implicit-deny');
  });

  test('actions ignore case, resources do not', () => {
    const statement = allow({ Action: 'DynamoDB:put*', Resource: 'arn:aws:dynamodb:*:*:table/Access' });
    expect(decide([statement], 'dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:1:table/Access').decision).toBe(
      'allowed',
    );
    expect(decide([statement], 'dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:1:table/access').decision).toBe(
      'implicit-deny',
    );
  });

  test('NotAction and NotResource take everything else', () => {
    const notIam = { Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' };
    expect(decide([notIam], 'ecs:RunTask').decision).toBe('allowed');
    expect(decide([notIam], 'iam:GetRole').decision).toBe('implicit-deny');
    const notSecret = { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::open/*' };
    expect(decide([allow(), notSecret], 's3:GetObject', 'arn:aws:s3:::open/a').decision).toBe('allowed');
    expect(decide([allow(), notSecret], 's3:GetObject', 'arn:aws:s3:::closed/a').decision).toBe('explicit-deny');
  });

  test('an unknown operator denies: its Allow is void, its Deny holds, and it is named', () => {
    const condition = { Condition: { StringAlmostEquals: { 'aws:username': 'ann' } } };
    expect(decide([allow(condition)], 'a:B')).toEqual({
      decision: 'implicit-deny',
      unknownOperators: ['StringAlmostEquals'],
    });
    expect(decide([allow(), deny(condition)], 'a:B').decision).toBe('explicit-deny');
    expect(decide([allow({ Condition: { NullIfExists: { a: 'true' } } })], 'a:B').decision).toBe('implicit-deny');
    expect(decide([allow({ Condition: { constructor: { a: 'true' } } })], 'a:B').decision).toBe('implicit-deny');
  });

  test('a principal matches by ARN, account or service, and never without a caller', () => {
    const trust = (principal: unknown) => [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal }];
    const task = { aws: [], services: ['ecs-tasks.amazonaws.com'] };
    const root = { aws: ['arn:aws:iam::111111111111:root'], services: [] };
    const ask = (principal: unknown, caller?: { aws: string[]; services: string[] }) =>
      decide(trust(principal), 'sts:AssumeRole', 'r', {}, caller).decision;
    expect(ask({ Service: 'ecs-tasks.amazonaws.com' }, task)).toBe('allowed');
    expect(ask({ Service: 'ec2.amazonaws.com' }, task)).toBe('implicit-deny');
    expect(ask({ AWS: '111111111111' }, root)).toBe('allowed');
    expect(ask({ AWS: '222222222222' }, root)).toBe('implicit-deny');
    expect(ask('*')).toBe('implicit-deny');
  });
});

describe('conditions', () => {
  const cases: [string, string, unknown, Record<string, string | string[]>, boolean][] = [
    ['StringEquals', 'aws:username', 'ann', { 'aws:UserName': 'ann' }, true],
    ['StringEquals', 'aws:username', 'ann', { 'aws:username': 'Ann' }, false],
    ['StringEquals', 'aws:username', ['bob', 'ann'], { 'aws:username': 'ann' }, true],
    ['StringNotEquals', 'k', ['bob', 'ann'], { k: 'ann' }, false],
    ['StringNotEquals', 'k', ['bob', 'ann'], {}, true],
    ['StringEqualsIgnoreCase', 'k', 'ANN', { k: 'ann' }, true],
    ['StringNotEqualsIgnoreCase', 'k', 'ANN', { k: 'ann' }, false],
    ['StringLike', 'k', 'a?n*', { k: 'annabel' }, true],
    ['StringNotLike', 'k', 'a*', { k: 'ben' }, true],
    ['StringEquals', 'k', 'a*', { k: 'annabel' }, false],
    ['NumericLessThan', 'k', '10', { k: '9' }, true],
    ['NumericLessThan', 'k', '10', { k: '10' }, false],
    ['NumericLessThanEquals', 'k', 10, { k: '10' }, true],
    ['NumericGreaterThan', 'k', '9', { k: '10' }, true],
    ['NumericGreaterThanEquals', 'k', '11', { k: '10' }, false],
    ['NumericEquals', 'k', '1.0', { k: '1' }, true],
    ['NumericNotEquals', 'k', '1', { k: '1.0' }, false],
    ['NumericEquals', 'k', 'one', { k: 'one' }, false],
    ['DateLessThan', 'k', '2026-01-02T00:00:00Z', { k: '2026-01-01T00:00:00Z' }, true],
    ['DateGreaterThan', 'k', '1767225600', { k: '2026-01-01T00:00:01Z' }, true],
    ['DateEquals', 'k', '2026-01-01', { k: '2026-01-01T00:00:00Z' }, true],
    ['DateNotEquals', 'k', '2026-01-01', { k: '2026-01-01T00:00:00Z' }, false],
    ['DateLessThanEquals', 'k', '2026-01-01', { k: 'soon' }, false],
    ['Bool', 'aws:SecureTransport', false, { 'aws:SecureTransport': 'false' }, true],
    ['Bool', 'aws:SecureTransport', 'true', {}, false],
    ['BoolIfExists', 'aws:SecureTransport', 'true', {}, true],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '10.9.8.7' }, true],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.0.0.1' }, false],
    ['IpAddress', 'aws:SourceIp', '10.0.0.1', { 'aws:SourceIp': '::ffff:10.0.0.1' }, true],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32', { 'aws:SourceIp': '2001:db8::1' }, true],
    ['IpAddress', 'aws:SourceIp', 'nonsense', { 'aws:SourceIp': '10.0.0.1' }, false],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.0.0.1' }, true],
    ['ArnLike', 'k', 'arn:aws:ecs:*:111111111111:*', { k: 'arn:aws:ecs:us-east-1:111111111111:task/a' }, true],
    ['ArnLike', 'k', 'arn:aws:ecs:*:task/a', { k: 'arn:aws:ecs:us-east-1:111111111111:task/a' }, false],
    ['ArnEquals', 'k', 'arn:aws:sns:*:*:t', { k: 'arn:aws:sns:r:1:t' }, true],
    ['ArnNotLike', 'k', 'arn:aws:sns:*:*:t', { k: 'arn:aws:sns:r:1:u' }, true],
    ['ArnNotEquals', 'k', 'arn:aws:sns:r:1:t', { k: 'arn:aws:sns:r:1:t' }, false],
    ['Null', 'k', 'true', {}, true],
    ['Null', 'k', 'false', {}, false],
    ['Null', 'k', 'false', { k: 'x' }, true],
    ['StringEqualsIfExists', 'k', 'a', {}, true],
    ['StringEqualsIfExists', 'k', 'a', { k: 'b' }, false],
    ['ForAllValues:StringEquals', 'k', ['a', 'b'], { k: ['a', 'b', 'a'] }, true],
    ['ForAllValues:StringEquals', 'k', ['a', 'b'], { k: ['a', 'c'] }, false],
    ['ForAllValues:StringEquals', 'k', ['a', 'b'], {}, true],
    ['ForAnyValue:StringLike', 'k', ['a*'], { k: ['x', 'ab'] }, true],
    ['ForAnyValue:StringLike', 'k', ['a*'], {}, false],
    ['ForAnyValue:StringNotEquals', 'k', ['a'], { k: ['a', 'b'] }, true],
    ['ForAllValues:StringNotEquals', 'k', ['a'], { k: ['a', 'b'] }, false],
  ];
  test.each(cases)('%s on %s', (operator, key, values, context, expected) => {
    expect(holds(operator, key, values, context)).toBe(expected);
  });
});

describe('policy variables', () => {
  const own = (resource: string) => [allow({ Resource: resource })];

  test('stand for the value, with a default', () => {
    const resource = `arn:aws:s3:::home/\${aws:username, 'nobody'}/*`;
    expect(decide(own(resource), 's3:Get', 'arn:aws:s3:::home/ann/a', { 'aws:username': 'ann' }).decision).toBe(
      'allowed',
    );
    expect(decide(own(resource), 's3:Get', 'arn:aws:s3:::home/nobody/a').decision).toBe('allowed');
    expect(decide(own(`\${aws:username}`), 's3:Get', 'x').decision).toBe('implicit-deny');
    expect(decide(own(`a\${*}`), 's3:Get', 'ab').decision).toBe('implicit-deny');
    expect(holds('StringEquals', 'tag', `\${aws:username}`, { tag: 'ann', 'aws:username': 'ann' })).toBe(true);
    expect(
      holds('ArnEquals', 'k', `arn:aws:sns:r:1:\${aws:username}`, { k: 'arn:aws:sns:r:1:u', 'aws:username': 'u' }),
    ).toBe(true);
  });

  test('bring in nothing but literal text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (user, wanted) => {
        const { decision } = decide(own(`home/\${aws:username}/x`), 's3:Get', `home/${wanted}/x`, {
          'aws:username': user,
        });
        expect(decision === 'allowed').toBe(user === wanted);
      }),
    );
  });

  test('are plain text in policies of 2008', () => {
    const text = JSON.stringify({ Version: '2008-10-17', Statement: own(`\${aws:username}`) });
    const ask = (resource: string) =>
      evaluatePolicy([parsePolicyDocument(text)], {
        action: 's3:Get',
        resource,
        context: toConditionContext({ 'aws:username': 'ann' }),
      }).decision;
    expect(ask('ann')).toBe('implicit-deny');
    expect(ask(`\${aws:username}`)).toBe('allowed');
  });
});

describe('invariants', () => {
  const actions = fc.constantFrom('s3:Get', 's3:Put', 'ecs:Run');
  const patterns = fc.constantFrom('*', 's3:*', 's3:Get', '*:Put', 'ecs:R?n', 'iam:*');
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.array(patterns, { minLength: 1, maxLength: 3 }),
    Resource: fc.constantFrom('*', 'arn:a', 'arn:*'),
    Condition: fc.constantFrom({}, { StringEquals: { k: 'v' } }, { Bool: { k: 'true' } }, { Nonsense: { k: 'v' } }),
  });
  const statements = fc.array(statement, { maxLength: 6 });
  const contexts = fc.constantFrom<Record<string, string>>({}, { k: 'v' }, { k: 'true' });

  it('a Deny that matches wins over any Allow, in any order', () => {
    fc.assert(
      fc.property(statements, actions, contexts, fc.nat(6), (others, action, context, at) => {
        const all = [...others.slice(0, at), deny({ Action: action }), ...others.slice(at)];
        expect(decide(all, action, 'arn:a', context).decision).toBe('explicit-deny');
      }),
    );
  });

  it('does not depend on the order of statements', () => {
    fc.assert(
      fc.property(statements, actions, contexts, (all, action, context) => {
        const reversed = decide([...all].reverse(), action, 'arn:a', context).decision;
        expect(decide(all, action, 'arn:a', context).decision).toBe(reversed);
      }),
    );
  });

  it('adding a Deny never allows, removing an Allow never allows', () => {
    fc.assert(
      fc.property(statements, statement, actions, contexts, (all, extra, action, context) => {
        if (decide(all, action, 'arn:a', context).decision === 'allowed') return;
        const withDeny = decide([...all, { ...extra, Effect: 'Deny' }], action, 'arn:a', context);
        expect(withDeny.decision).not.toBe('allowed');
        const withoutOne = all.filter((each, index) => each.Effect === 'Deny' || index !== 0);
        expect(decide(withoutOne, action, 'arn:a', context).decision).not.toBe('allowed');
      }),
    );
  });

  it('patterns match as a regular expression made of them would', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', ':'), maxLength: 10 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', ':'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (glob, candidate) => {
        const source = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesPattern(glob, candidate)).toBe(new RegExp(`^${source}$`).test(candidate));
      }),
      { numRuns: 1000 },
    );
  });
});
