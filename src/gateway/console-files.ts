import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { answerText } from './answer-text.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

// React and the chart library set style attributes; scripts only ever come from our own files.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** A file of the built console; every path that is none, but those of assets, is a page of the application: `index.html`. */
export async function serveConsole(
  directory: string | undefined,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerText(response, 405, 'Only GET and HEAD.');
  if (path === '/console') return void response.writeHead(301, { location: '/console/' }).end();
  const name = directory === undefined ? undefined : fileName(path);
  const file =
    directory === undefined || name === undefined
      ? undefined
      : ((await findFile(directory, name, request)) ??
        // Names in paths have dots: /console/alarms/my.alarm is a page.
        (name.startsWith(`assets${sep}`) ? undefined : await findFile(directory, 'index.html', request)));
  if (!file)
    return answerText(
      response,
      404,
      directory ? 'There is no such file.' : 'The console is not built; run `npm run build`.',
    );
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': CONTENT_TYPES[extname(file.name)] ?? 'application/octet-stream',
    'content-length': file.size,
    'cache-control': file.name.startsWith(`assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(file.encoding ? { 'content-encoding': file.encoding } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  // A browser that leaves in the middle is no failure.
  await pipeline(createReadStream(file.path), response).catch(() => undefined);
}

/** File below the console's directory that a path names; undefined when it points out of it. */
function fileName(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path.slice('/console/'.length));
  } catch {
    return undefined;
  }
  const segments = decoded.split(/[/\\]/);
  if (
    decoded.includes('\0') ||
    segments.some((segment, i) => segment.startsWith('.') || (segment === '' && i < segments.length - 1))
  )
    return undefined;
  return extname(decoded) === '' ? 'index.html' : join(...segments);
}

interface FoundFile {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly encoding: 'br' | 'gzip' | undefined;
}

/** The smallest form of the file that the browser takes: compressed beside it by the build, or plain. */
async function findFile(directory: string, name: string, request: IncomingMessage): Promise<FoundFile | undefined> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const forms = [
    { suffix: '.br', encoding: 'br' as const, taken: /\bbr\b/.test(accepted) },
    { suffix: '.gz', encoding: 'gzip' as const, taken: /\bgzip\b/.test(accepted) },
    { suffix: '', encoding: undefined, taken: true },
  ];
  for (const form of forms) {
    if (!form.taken) continue;
    const path = join(directory, name) + form.suffix;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return { name, path, size: found.size, encoding: form.encoding };
  }
  return undefined;
}
