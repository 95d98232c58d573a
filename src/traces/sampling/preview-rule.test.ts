import type { SamplingRule } from '@aws-sdk/client-xray';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from './match-rule.ts';
import { previewRule, type RequestCount } from './preview-rule.ts';

const rule = (RuleName: string, Priority: number, change: Partial<SamplingRule> = {}): SamplingRule => ({
  RuleName,
  Priority,
  ResourceARN: '*',
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  Version: 1,
  ...change,
});
const request = (path: string, count: number, method = 'GET'): RequestCount => ({
  serviceName: 'bff',
  serviceType: 'AWS::ECS::Container',
  host: 'shop',
  method,
  path,
  count,
  traceIds: [`1-${path}`],
});
const requests = [request('/health', 3600), request('/api/cart', 600), request('/api/pay', 60, 'POST')];
const rules = [rule('Default', 10_000), rule('health', 10, { URLPath: '/health', FixedRate: 0, ReservoirSize: 0 })];

describe('a pattern', () => {
  it('takes stars and question marks as the SDKs do', () => {
    expect(matchesPattern('/api/*', '/API/cart')).toBe(true);
    expect(matchesPattern('*/health', '/a/health')).toBe(true);
    expect(matchesPattern('/v?/x', '/v1/x')).toBe(true);
    expect(matchesPattern('/v?/x', '/v/x')).toBe(false);
    expect(matchesPattern('', '')).toBe(true);
    expect(matchesPattern('*', '')).toBe(true);
    expect(matchesPattern('GET', 'POST')).toBe(false);
  });

  it('means what the same expression means', () => {
    const part = fc.constantFrom('*', '?', 'a', 'b', '.');
    const pattern = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, text, (wanted, given) => {
        const source = wanted.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesPattern(wanted, given)).toBe(new RegExp(`^${source}$`).test(given));
      }),
    );
  });
});

describe('the preview of a rule', () => {
  it('counts what it would decide about, and who decides now', () => {
    const preview = previewRule(
      rule('api', 100, { URLPath: '/api/*', FixedRate: 1, ReservoirSize: 0 }),
      rules,
      requests,
      3600,
    );
    expect(preview).toMatchObject({ requests: 4260, matched: 660, decidedBefore: 0, sampledAbout: 660 });
    expect(preview.takenFrom).toEqual([{ ruleName: 'Default', count: 660 }]);
    expect(preview.examples.map((example) => example.path)).toEqual(['/api/cart', '/api/pay']);
  });

  it('leaves to earlier rules what they decide', () => {
    const preview = previewRule(rule('all', 100), rules, requests, 3600);
    expect(preview).toMatchObject({ matched: 660, decidedBefore: 3600 });
  });

  it('of an edited rule compares with the others only', () => {
    const preview = previewRule(rule('health', 20_000, { URLPath: '/health' }), rules, requests, 3600);
    expect(preview).toMatchObject({ matched: 0, decidedBefore: 3600 });
  });

  it('takes the reservoir first, then the rate', () => {
    const preview = previewRule(
      rule('slow', 5, { URLPath: '/health', ReservoirSize: 1, FixedRate: 0.5 }),
      rules,
      [request('/health', 7200)],
      3600,
    );
    expect(preview.sampledAbout).toBe(3600 + 1800);
  });

  it('compares attributes as OpenTelemetry samplers do; X-Ray SDKs leave the rule out', () => {
    const span = (attributes: Record<string, string>, count: number): RequestCount => ({
      ...request('/pay', count),
      isOpenTelemetry: true,
      attributes,
    });
    const preview = previewRule(
      rule('gold', 5, { Attributes: { tier: 'G*', shop: '*' }, URLPath: '/pay', ReservoirSize: 0, FixedRate: 1 }),
      [...rules, rule('silver', 3, { Attributes: { tier: 'silver' } })],
      [
        span({ tier: 'gold', shop: 'tokyo' }, 8),
        span({ tier: 'GOLD', shop: '' }, 4),
        span({ tier: 'gold' }, 2),
        span({ tier: 'silver', shop: 'tokyo' }, 1),
        { ...request('/pay', 16), isOpenTelemetry: false, attributes: { tier: 'gold', shop: 'tokyo' } },
        { ...span({ tier: 'gold', shop: 'tokyo' }, 32), path: '/other' },
      ],
      3600,
    );
    expect(preview).toMatchObject({ requests: 63, matched: 12, decidedBefore: 0, sampledAbout: 12 });
    expect(preview.attributes).toEqual({ leftOutBySdk: 16, different: 3, byValue: [], notAtStart: [] });
  });

  it('says which attributes it can only guess', () => {
    const Attributes = { 'http.status_code': '5*', 'user_agent.original': 'curl*', tenant: 'a' };
    expect(previewRule(rule('guess', 5, { Attributes }), rules, [], 3600).attributes).toMatchObject({
      byValue: ['user_agent.original'],
      notAtStart: ['http.status_code'],
    });
    expect(previewRule(rule('plain', 5, { Attributes: {} }), rules, [], 3600).attributes).toBeUndefined();
  });
});
