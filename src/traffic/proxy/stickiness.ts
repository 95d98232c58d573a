import { createHash } from 'node:crypto';
import type { RequestHead, ResponseHead } from './http1-head.ts';
import type { LiveTarget } from './live-target.ts';
import type { CompiledAction, GroupRoute } from './routing-table.ts';

const cookieLifeMs = 7 * 86_400_000;

type Forward = Extract<CompiledAction, { type: 'forward' }>;

/** Cookie values are a fingerprint of what they stick to and the second at which they end, both in hex. */
const sticky = (name: string, now: Date, seconds: number): string =>
  `${fingerprint(name)}${Math.floor(now.getTime() / 1000 + seconds)
    .toString(16)
    .padStart(10, '0')}`;

const fingerprints = new Map<string, string>();
const fingerprintsMax = 10_000;

function fingerprint(name: string): string {
  let value = fingerprints.get(name);
  if (value === undefined) {
    value = createHash('sha256').update(name).digest('hex').slice(0, 32);
    if (fingerprints.size >= fingerprintsMax) fingerprints.clear();
    fingerprints.set(name, value);
  }
  return value;
}

function readCookie(head: RequestHead, name: string): string | undefined {
  for (let index = 0; index < head.lowerNames.length; index++) {
    if (head.lowerNames[index] !== 'cookie') continue;
    for (const pair of head.headers[2 * index + 1]!.split(';')) {
      const equals = pair.indexOf('=');
      if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}

/** The group that the client's AWSALBTG cookie names, while the rule is sticky and still forwards to it. */
export function stickyGroup(action: Forward, head: RequestHead): GroupRoute | undefined {
  if (action.stickySeconds === undefined) return undefined;
  const value = readCookie(head, 'AWSALBTG')?.slice(0, 32);
  return action.choices.find(({ group, weight }) => weight > 0 && fingerprint(group.arn) === value)?.group;
}

/** The target that the client's cookie names, while it may get requests and the time is not over. */
export function readStickyTarget(group: GroupRoute, head: RequestHead, now: Date): LiveTarget | undefined {
  if (!group.stickiness) return undefined;
  const value = readCookie(head, group.stickiness.type === 'app_cookie' ? 'AWSALBAPP-0' : 'AWSALB');
  if (value === undefined || Number.parseInt(value.slice(32), 16) * 1000 <= now.getTime()) return undefined;
  return group.eligible.find((target) => fingerprint(target.key) === value.slice(0, 32));
}

/** Set-Cookie lines for the answer, each with its line end; empty without stickiness. */
export function stickyLines(
  action: Forward,
  group: GroupRoute,
  target: LiveTarget,
  head: ResponseHead,
  now: Date,
): string {
  if (action.stickySeconds === undefined && !group.stickiness) return '';
  const expires = new Date(now.getTime() + cookieLifeMs).toUTCString();
  const lines = (name: string, value: string): string =>
    `Set-Cookie: ${name}=${value}; Expires=${expires}; Path=/\r\n` +
    `Set-Cookie: ${name}CORS=${value}; Expires=${expires}; Path=/; SameSite=None; Secure\r\n`;
  let text = '';
  if (action.stickySeconds !== undefined) text += lines('AWSALBTG', sticky(group.arn, now, action.stickySeconds));
  if (group.stickiness?.type === 'lb_cookie')
    text += lines('AWSALB', sticky(target.key, now, group.stickiness.seconds));
  if (group.stickiness?.type === 'app_cookie' && setsCookie(head, group.stickiness.cookieName)) {
    const value = sticky(target.key, now, group.stickiness.seconds);
    text += `Set-Cookie: AWSALBAPP-0=${value}; Expires=${expires}; Path=/\r\n`;
  }
  return text;
}

const setsCookie = (head: ResponseHead, name: string): boolean =>
  head.lowerNames.some(
    (lowerName, index) => lowerName === 'set-cookie' && head.headers[2 * index + 1]!.startsWith(`${name}=`),
  );
