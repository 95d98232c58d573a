import { createRequire } from 'node:module';
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { describe, expect, test } from 'vitest';
import { traceHeader } from '../../traffic/proxy/trace-header.ts';
import { parseTraceId, toXrayTraceId } from '../model.ts';

// What a load balancer of ours hands on is what the SDKs behind it understand.

const xray = createRequire(import.meta.url)('aws-xray-sdk-core');
const root = '1-5759e988-bd862e3fe1be46a994272793';
const parent = '53995c3f42cd8ad8';
const lineage = 'a87bd80c:1|68fd508a:5|c512fbe3:2';
const epochSeconds = 1_700_000_000;

const fieldsOf = (header: string) =>
  Object.fromEntries(header.split(';').map((field) => field.split(/=(.*)/).slice(0, 2)));

describe('X-Amzn-Trace-Id', () => {
  test.each([
    ['Self of another balancer', `Self=1-65000000-0123456789abcdef01234567;Root=${root};Parent=${parent};Sampled=1`],
    ['Lineage', `Root=${root};Parent=${parent};Sampled=1;Lineage=${lineage}`],
    ['unknown keys', `Root=${root};Parent=${parent};Sampled=1;CalledFrom=app;Other=x=y`],
    ['spaces', ` Root=${root} ; Parent=${parent};  Sampled=1 `],
    ['another order', `Sampled=1;Parent=${parent};Root=${root}`],
    ['a question', `Root=${root};Parent=${parent};Sampled=?`],
  ])('%s: nothing is lost but an older Self, and the X-Ray SDK reads it', (_what, received) => {
    const given = fieldsOf(
      received
        .split(';')
        .map((field) => field.trim())
        .join(';'),
    );
    const sent = traceHeader(received, epochSeconds);
    const { Self, ...fields } = fieldsOf(sent);
    expect(Self).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(Self).not.toBe(given.Self);
    const { Self: _older, ...kept } = given;
    expect(fields).toEqual(kept);
    // A second balancer changes its Self only.
    const { Self: _second, ...again } = fieldsOf(traceHeader(sent, epochSeconds));
    expect(again).toEqual(fields);

    expect(xray.utils.processTraceData(sent)).toMatchObject({ root, parent, sampled: given.Sampled });
  });

  test('the propagator of OpenTelemetry reads it, and what it writes is read by the X-Ray SDK', () => {
    const propagator = new AWSXRayPropagator();
    const received = { 'x-amzn-trace-id': traceHeader(`Root=${root};Parent=${parent};Sampled=1`, epochSeconds) };
    const context = propagator.extract(ROOT_CONTEXT, received, defaultTextMapGetter);
    const span = trace.getSpanContext(context)!;
    expect(toXrayTraceId(span.traceId)).toBe(root);
    expect(span).toMatchObject({ traceId: parseTraceId(root), spanId: parent, traceFlags: 1 });
    const written: Record<string, string> = {};
    propagator.inject(context, written, defaultTextMapSetter);
    const header = Object.values(written)[0]!;
    expect(xray.utils.processTraceData(header)).toMatchObject({ root, parent, sampled: '1' });
  });
});
