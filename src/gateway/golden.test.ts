import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, send } from './raw-http.fixture.ts';
import { startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

/**
 * One file a case: the request, a line of dashes, the response. A file without a response, or all of them with
 * HATOBA_UPDATE_GOLDEN=1, get the one that is given now: read it before you commit it.
 */
const folder = new URL('./golden/', import.meta.url);
const separator = '\n----------\n';
let running: TestGateway;
beforeAll(async () => {
  running = await startTestGateway();
});
afterAll(() => running.stop());

const names = readdirSync(folder);
test('there are cases', () => expect(names.length).toBeGreaterThanOrEqual(11));

test.each(names)('%s', async (name) => {
  const file = new URL(name, folder);
  const [request, expected] = readFileSync(file, 'utf8').split(separator);
  const actual = responseText(await sendText(request!.trimEnd()));
  if (expected === undefined || process.env.HATOBA_UPDATE_GOLDEN) {
    writeFileSync(file, `${request!.trimEnd()}\n${separator}${actual}\n`);
  } else expect(actual).toBe(expected.trimEnd());
});

function sendText(text: string): Promise<Answer> {
  const [head, body] = text.split('\n\n');
  const [line, ...headerLines] = head!.split('\n');
  const [method, path] = line!.split(' ');
  const headers = Object.fromEntries(headerLines.map((header) => header.split(/: (.*)/s).slice(0, 2)));
  return send(running.gateway.port, {
    method: method!,
    path: path!,
    headers: { host: 'localhost', ...headers },
    body: body ?? '',
  });
}

/** Without what differs from run to run. */
function responseText(answer: Answer): string {
  const requestId = String(answer.headers['x-amzn-requestid']);
  const headers = Object.entries(answer.headers)
    .filter(([name]) => !['connection', 'date', 'keep-alive', 'content-length'].includes(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${answer.status}`, ...headers.sort(), '', answer.text]
    .join('\n')
    .replaceAll(requestId, 'REQUEST-ID')
    .trimEnd();
}
