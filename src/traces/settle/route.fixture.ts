import { Readable } from 'node:stream';
import type { HttpRoute } from '../../wire/aws/service-table.ts';

/** A route as the gateway calls it. */
export async function callRoute(route: HttpRoute, body?: object): Promise<any> {
  let answer = '';
  const end = (text: string) => {
    answer = text;
  };
  const response = { writeHead: () => response, end };
  const request = Readable.from(body ? [Buffer.from(JSON.stringify(body))] : []);
  const url = new URL('http://hatoba/_hatoba/traces/thinning');
  await route.handle(request as never, response as never, url);
  return JSON.parse(answer);
}
