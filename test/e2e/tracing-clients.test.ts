import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
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

const newTraceId = (): string => `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;

/** Names of the services of a trace with the names of what each calls, once `count` of them are there. */
async function edgesOf(traceId: string, count: number): Promise<Record<string, string[]>> {
  return until(
    `${count} services in trace ${traceId}`,
    async () => {
      const { Services: nodes = [] } = await xray.getTraceGraph({ TraceIds: [traceId] });
      const names = new Map(nodes.map((node) => [node.ReferenceId, node.Name ?? '']));
      // A client node carries the name of the service that it calls.
      const services = nodes.filter((node) => node.Type !== 'client');
      if (services.length !== count) return undefined;
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

describeWith('python', 'X-Ray SDKs and OpenTelemetry together', () => {
  test('Express, OpenTelemetry and Flask are one connected trace', async () => {
    const python = pythonWith('flask, aws_xray_sdk')!;
    const flask = await start(python, 'flask_xray.py');
    const otel = await start('node', 'otel.cjs', { SERVICE: 'otel-app', PROPAGATOR: 'xray', NEXT_URL: flask });
    const express = await start('node', 'express-xray.cjs', { NEXT_URL: otel });
    const traceId = newTraceId();
    const answer = await fetch(express, { headers: { 'x-amzn-trace-id': `Root=${traceId};Sampled=1` } });
    expect(await answer.json()).toEqual({ next: 200 });
    const edges = await edgesOf(traceId, 3);
    expect(edges).toMatchObject({ 'express-app': ['otel-app'], 'otel-app': ['flask-app'], 'flask-app': [] });
    const { TraceSummaries = [] } = await xray.getTraceSummaries({
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(),
      FilterExpression: 'annotation.language = "python" AND service("express-app")',
    });
    expect(TraceSummaries.map((summary) => summary.Id)).toEqual([traceId]);
  });
});
