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

  it('refuses what is no rule', async () => {
    for (const text of ['', 'null', '{}', JSON.stringify({ ...rule, Priority: 'x' })]) {
      await expect(preview(text)).rejects.toThrow(/rule/i);
    }
  });
});
