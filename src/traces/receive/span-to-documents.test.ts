import { expect, test } from 'vitest';
import type { Attributes, OtlpSpan } from '../../wire/otlp.ts';
import { spanToDocuments } from './span-to-documents.ts';

const span = (attributes: Attributes): OtlpSpan => ({
  traceId: '5759e988bd862e3fe1be46a994272793',
  spanId: 'f71e8c923f0d978c',
  parentSpanId: '',
  name: 'GET /',
  kind: 'server',
  startUnixMicros: 1_795_308_140_672_000,
  endUnixMicros: 1_795_308_140_684_429,
  attributes,
  events: [],
  links: [],
  statusCode: 0,
  statusMessage: '',
});

test('a metadata namespace that is named as the prototype changes nobody else', () => {
  const attributes = { 'aws.xray.metadata.__proto__': 'hostile', 'aws.xray.metadata.mine': 'kept' };
  const [accepted] = spanToDocuments(span(attributes), { 'service.name': 'shop' });
  expect(({} as { value?: string }).value).toBeUndefined();
  expect(accepted!.document.metadata).toMatchObject({ mine: { value: 'kept' } });
});

test('spans of one resource share what it says, and nothing that a span says', () => {
  const resource = { 'service.name': 'shop', 'service.version': '1.2', 'telemetry.sdk.language': 'nodejs' };
  const [first] = spanToDocuments(span({ 'user.id': 'ada' }), resource);
  const [second] = spanToDocuments(span({}), resource);
  expect(first!.document).toMatchObject({ name: 'shop', user: 'ada', service: { version: '1.2' } });
  expect(second!.document).toMatchObject({ name: 'shop', aws: { xray: { sdk: 'opentelemetry for nodejs' } } });
  expect(second!.document.user).toBeUndefined();
  expect(second!.document.metadata).toEqual({
    default: {
      'otel.resource.service.name': 'shop',
      'otel.resource.service.version': '1.2',
      'otel.resource.telemetry.sdk.language': 'nodejs',
      'span.name': 'GET /',
    },
  });
});
