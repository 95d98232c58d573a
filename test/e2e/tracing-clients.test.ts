import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { ledgerOf, newTraceId } from '../support/otlp-client.ts';
import { describeWith, pythonWith } from '../support/programs.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;
let xray: XRay;
const apps: AppProcess[] = [];

beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  xray = new XRay({
    endpoint: hatoba.url,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
  });
});

afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await hatoba?.stop();
});

const start = async (command: string, file: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const app = await startApp(command, [join(import.meta.dirname, 'apps', file)], { ...hatoba.environment(), ...env });
  apps.push(app);
  return app.url;
};

/**
 * Names of the services of a chain with the names of what each calls, once `count` of them are there and all but one
 * call another: segments and calls are stored one after the other, and a graph may be read between.
 */
async function edgesOf(traceId: string, count: number): Promise<Record<string, string[]>> {
  return until(
    `${count} services in trace ${traceId}`,
    async () => {
      const { Services: nodes = [] } = await xray.getTraceGraph({ TraceIds: [traceId] });
      const names = new Map(nodes.map((node) => [node.ReferenceId, node.Name ?? '']));
      // A client node carries the name of the service that it calls.
      const services = nodes.filter((node) => node.Type !== 'client');
      const calling = services.filter((service) => (service.Edges ?? []).length > 0);
      if (services.length !== count || calling.length !== count - 1) return undefined;
      return Object.fromEntries(
        services.map((service) => [
          service.Name,
          (service.Edges ?? []).map((edge) => names.get(edge.ReferenceId) ?? '?'),
        ]),
      );
    },
    { timeoutMs: 30_000 },
  );
}

describe('OpenTelemetry alone', () => {
  test('two services with W3C headers are one connected trace', async () => {
    const second = await start('node', 'otel.cjs', { SERVICE: 'w3c-second' });
    const first = await start('node', 'otel.cjs', { SERVICE: 'w3c-first', NEXT_URL: second });
    const id = randomBytes(16).toString('hex');
    const answer = await fetch(first, { headers: { traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` } });
    expect(await answer.text()).toBe('next answered 200');
    const edges = await edgesOf(`1-${id.slice(0, 8)}-${id.slice(8)}`, 2);
    expect(edges).toMatchObject({ 'w3c-first': ['w3c-second'], 'w3c-second': [] });
  });
});

/** The documents of a trace, once there are as many, parsed. */
const documentsOf = (traceId: string, count: number) =>
  until(`${count} documents of ${traceId}`, async () => {
    const { Traces } = await xray.batchGetTraces({ TraceIds: [traceId] });
    const segments = Traces?.[0]?.Segments ?? [];
    return segments.length === count ? segments.map(({ Document }) => JSON.parse(Document!)) : undefined;
  });

describe('an SDK with its ECS plugin through UDP', () => {
  const cases: [name: string, command: string | undefined, file: string][] = [
    ['express-app', 'node', 'express-xray.cjs'],
    ['flask-app', pythonWith('flask, aws_xray_sdk'), 'flask_xray.py'],
  ];
  test.each(cases.filter(([, command]) => command !== undefined))(
    '%s: every document appears, none is refused',
    async (name, command, file) => {
      const before = await ledgerOf(hatoba, 'udp');
      const url = await start(command!, file);
      const traceIds = Array.from({ length: 12 }, newTraceId);
      for (const traceId of traceIds) {
        const answer = await fetch(url, { headers: { 'x-amzn-trace-id': `Root=${traceId};Sampled=1` } });
        expect(answer.status).toBe(200);
      }
      for (const traceId of traceIds) {
        const [document] = await documentsOf(traceId, 1);
        expect(document).toMatchObject({
          name,
          origin: 'AWS::ECS::Container',
          aws: { ecs: { container: hostname() }, xray: { sdk: expect.stringMatching(/^X-Ray for (Node.js|Python)$/) } },
          http: { response: { status: 200 } },
        });
      }
      const after = await ledgerOf(hatoba, 'udp');
      expect(after).toMatchObject({ refused: 0, received: before.received + 12, stored: before.stored + 12 });
    },
  );
});

describeWith('python', 'X-Ray SDKs, OpenTelemetry and Zipkin together', () => {
  test('Express, OpenTelemetry by OTLP, OpenTelemetry by Zipkin and Flask are one connected trace and one map', async () => {
    const python = pythonWith('flask, aws_xray_sdk')!;
    const flask = await start(python, 'flask_xray.py');
    const zipkin = await start('node', 'otel.cjs', {
      SERVICE: 'zipkin-app',
      PROPAGATOR: 'xray',
      NEXT_URL: flask,
      ZIPKIN_URL: `http://127.0.0.1:${hatoba.ports.otlpHttp}/api/v2/spans`,
    });
    const otel = await start('node', 'otel.cjs', { SERVICE: 'otel-app', PROPAGATOR: 'xray', NEXT_URL: zipkin });
    const express = await start('node', 'express-xray.cjs', { NEXT_URL: otel });
    const sources = ['udp', 'otlp-http', 'zipkin'] as const;
    const before = await Promise.all(sources.map((source) => ledgerOf(hatoba, source)));
    const traceId = newTraceId();
    const answer = await fetch(express, { headers: { 'x-amzn-trace-id': `Root=${traceId};Sampled=1` } });
    expect(await answer.json()).toEqual({ next: 200 });
    const edges = await edgesOf(traceId, 4);
    // Nothing but the four: no address, no inferred twin of any of them.
    expect(edges).toEqual({
      'express-app': ['otel-app'],
      'otel-app': ['zipkin-app'],
      'zipkin-app': ['flask-app'],
      'flask-app': [],
    });
    const documents = await documentsOf(traceId, 4);
    expect(documents.map(({ name }) => name)).toEqual(['express-app', 'otel-app', 'zipkin-app', 'flask-app']);
    for (const [index, document] of documents.entries()) {
      const caller = documents[index - 1];
      if (caller) expect(caller.subsegments.map(({ id }: { id: string }) => id)).toContain(document.parent_id);
    }
    const range = { StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 60_000) };
    const find = async (FilterExpression: string) =>
      (await xray.getTraceSummaries({ ...range, FilterExpression })).TraceSummaries?.map(({ Id }) => Id);
    expect(await find('annotation.language = "python" AND service("express-app")')).toEqual([traceId]);
    expect(await find('edge("otel-app", "zipkin-app") AND edge("zipkin-app", "flask-app")')).toEqual([traceId]);
    // Each client's spans came by its own way, and none was refused.
    for (const [index, source] of sources.entries()) {
      const { received, stored, refused } = await ledgerOf(hatoba, source);
      expect({ source, refused, waiting: received - stored }).toEqual({ source, refused: 0, waiting: 0 });
      expect(received).toBeGreaterThan(before[index]!.received);
    }
  });
});
