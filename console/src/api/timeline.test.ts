import { afterEach, expect, it } from 'vitest';
import { getMatches, getTimeline } from './timeline.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const answer = (status: number, body: string | null, headers: Record<string, string> = {}) => {
  globalThis.fetch = async () => new Response(body, { status, headers });
};

it('a trace that is unchanged, or not there, is no failure', async () => {
  answer(204, null);
  expect(await getTimeline(scope, '1-a', 'revision')).toBe('unchanged');
  answer(404, '{"message":"no"}');
  expect(await getTimeline(scope, '1-a', undefined)).toBeNull();
  answer(200, '{"traceId":"1-a"}');
  expect(await getTimeline(scope, '1-a', undefined)).toEqual({ traceId: '1-a' });
});

it('a failure says what the server said, with the id of the request', async () => {
  answer(400, '{"code":"InvalidRequestException","message":"at position 3"}', { 'x-amzn-requestid': 'r-1' });
  await expect(getMatches(scope, '1-a', 'x')).rejects.toMatchObject({
    code: 'InvalidRequestException',
    message: 'at position 3',
    requestId: 'r-1',
  });
  answer(502, 'no gateway');
  await expect(getTimeline(scope, '1-a', undefined)).rejects.toMatchObject({ code: 'HTTP 502', message: 'no gateway' });
});
