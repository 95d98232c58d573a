import { expect, test } from 'vitest';
import { traceHeader } from './trace-header.ts';

const id = /1-65000000-[0-9a-f]{24}/;
const seconds = 0x65000000;
const made = (received: string | undefined) => traceHeader(received, seconds).replace(id, 'NEW');

test('a new Root where there is none, a Self in front of one, one Self only, other fields kept', () => {
  expect(made(undefined)).toBe('Root=NEW');
  expect(made('Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1')).toBe(
    'Self=NEW;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1',
  );
  expect(made('Self=1-1-1;Root=1-5759e988-bd862e3fe1be46a994272793;CalledFrom=app')).toBe(
    'Self=NEW;Root=1-5759e988-bd862e3fe1be46a994272793;CalledFrom=app',
  );
  expect(made('CalledFrom=app')).toBe('Root=NEW;CalledFrom=app');
  expect(made(`Root=x;${'y'.repeat(8000)}`)).toBe('Root=NEW');
});
