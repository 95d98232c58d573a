import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RulePreview } from '../sampling/preview-rule.ts';
import { startTestPlane, type TestPlane } from '../test-plane.fixture.ts';

const rule = {
  RuleName: 'api',
  ResourceARN: '*',
  Priority: 10,
  FixedRate: 1,
  ReservoirSize: 0,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '/api/*',
};

describe('the preview of a sampling rule', () => {
  let plane: TestPlane;
  beforeAll(async () => {
    plane = await startTestPlane();
  });
  afterAll(() => plane?.stop());

  const preview = async (text: string): Promise<RulePreview> => {
    const route = plane.traces.routes?.find(({ path }) => path === '/_hatoba/traces/sampling-preview');
    let body = '';
    const response = {
      writeHead: () => response,
      end(text: string) {
        body = text;
      },
    };
    const url = new URL(`http://x/_hatoba/traces/sampling-preview?${new URLSearchParams({ rule: text })}`);
    await route!.handle({} as IncomingMessage, response as unknown as ServerResponse, url);
    return JSON.parse(body);
  };

  it('counts each recorded request once, by what samplers see of it', async () => {
    const start = Date.now() / 1000 - 60;
    const segment = (index: number, url: string, more: object = {}) => ({
      name: 'bff',
      id: String(index).padStart(16, '0'),
      trace_id: `1-${Math.floor(start).toString(16)}-${String(index).padStart(24, '0')}`,
      start_time: start,
      end_time: start + 1,
      http: { request: { method: 'GET', url } },
      ...more,
    });
    const documents = [
      segment(1, 'http://shop:8080/api/cart?page=2'),
      segment(1, 'http://shop:8080/api/cart?page=2', { user: 'sent again' }),
      segment(2, 'http://shop:8080/api/cart?page=3'),
      segment(3, 'http://shop:8080/health'),
      segment(4, 'http://shop:8080/api/inner', { parent_id: 'ab'.repeat(8) }),
    ];
    await plane.xray.PutTraceSegments(
      { TraceSegmentDocuments: documents.map((document) => JSON.stringify(document)) },
      plane.context,
    );
    const found = await preview(JSON.stringify(rule));
    expect(found).toMatchObject({ requests: 3, matched: 2, takenFrom: [{ ruleName: 'Default', count: 2 }] });
    expect(found.examples).toMatchObject([{ host: 'shop:8080', path: '/api/cart', serviceName: 'bff', count: 2 }]);
    expect(found.examples[0]!.traceIds).toHaveLength(2);
  });

  it('compares attributes that spans came with', async () => {
    const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
    const nanos = `${Date.now() - 60_000}000000`;
    const span = (index: number, attributes: object[]) => ({
      traceId: String(index).padStart(32, 'a'),
      spanId: String(index).padStart(16, 'b'),
      name: 'GET /cart',
      kind: 2,
      startTimeUnixNano: nanos,
      endTimeUnixNano: nanos,
      attributes: [text('http.request.method', 'GET'), text('url.path', '/otel'), ...attributes],
    });
    const sdk = [text('service.name', 'cart'), text('aws.xray.index', 'x')];
    const spans = [
      span(1, [text('tenant', 'acme'), text('user_agent.original', 'curl/8')]),
      // As an annotation.
      span(2, [
        text('tenant', 'acme'),
        text('user_agent.original', 'curl/7'),
        { key: 'aws.xray.annotations', value: { arrayValue: { values: [{ stringValue: 'tenant' }] } } },
      ]),
      span(3, [text('tenant', 'other'), text('user_agent.original', 'curl/8')]),
      span(4, [{ key: 'tenant', value: { intValue: 5 } }]),
    ];
    const answer = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource: { attributes: sdk }, scopeSpans: [{ spans }] }] }),
    });
    expect(answer.status).toBe(200);
    const Attributes = { tenant: 'ac*', 'user_agent.original': 'CURL/?' };
    const found = await preview(JSON.stringify({ ...rule, URLPath: '*', Attributes }));
    expect(found).toMatchObject({
      requests: 7,
      matched: 2,
      attributes: { leftOutBySdk: 3, different: 2, byValue: ['user_agent.original'] },
    });
    const any = await preview(JSON.stringify({ ...rule, URLPath: '*', Attributes: { tenant: '*' } }));
    expect(any).toMatchObject({ matched: 3, attributes: { different: 1 } });
  });

  it('refuses what is no rule', async () => {
    const wrong = { ...rule, Attributes: { a: 1 } };
    for (const text of ['', 'null', '{}', JSON.stringify({ ...rule, Priority: 'x' }), JSON.stringify(wrong)]) {
      await expect(preview(text)).rejects.toThrow(/rule/i);
    }
  });
});
