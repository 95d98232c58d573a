import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loggerOptions } from './logger.ts';

test('an error says what it was, under either name; text stays text', () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = pino(loggerOptions('info'), stream);
  for (const name of ['error', 'err']) logger.warn({ [name]: new TypeError('this went wrong') }, 'a thing');
  logger.warn({ error: 'Error: only text' }, 'another');
  const [first, second, third] = lines.map((line) => JSON.parse(line));
  expect(first.error).toMatchObject({ type: 'TypeError', message: 'this went wrong' });
  expect(first.error.stack).toContain('logger.test.ts');
  expect(second.err).toMatchObject({ message: 'this went wrong' });
  expect(third.error).toBe('Error: only text');
});
