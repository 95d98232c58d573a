import type { Notification } from './message.ts';
import { alarmMessage, eventMessage } from './message.ts';
import { slackInsightMessage, slackMessage } from './slack.ts';

/** A configured target; its ARN is that of the topic with its name. */
export interface NotificationTarget {
  readonly name: string;
  readonly kind: 'slack' | 'webhook';
  readonly url: string;
}

export type Delivery =
  | { readonly result: 'delivered' }
  | { readonly result: 'refused'; readonly reason: string }
  | { readonly result: 'later'; readonly reason: string; readonly afterMs: number | undefined };

const timeoutMs = 10_000;

/** One try. Redirects are not followed; 4xx but 408 and 429 are final. */
export async function deliver(
  target: NotificationTarget,
  notification: Notification,
  signal: AbortSignal,
): Promise<Delivery> {
  const message = messageFor(target, notification);
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': notification.id,
        'idempotency-key': notification.id,
      },
      body: JSON.stringify(message),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = (await response.text()).slice(0, 200);
    if (response.ok) return { result: 'delivered' };
    const reason = `${response.status} ${text}`.trim();
    const isFinal = response.status < 500 && response.status !== 429 && response.status !== 408;
    if (isFinal) return { result: 'refused', reason };
    return { result: 'later', reason, afterMs: retryAfterMs(response.headers.get('retry-after')) };
  } catch (error) {
    const cause = (error as Error).cause;
    return { result: 'later', reason: cause instanceof Error ? cause.message : String(error), afterMs: undefined };
  }
}

function messageFor(target: NotificationTarget, notification: Notification): Record<string, unknown> {
  if ('insight' in notification) {
    return target.kind === 'slack' ? slackInsightMessage(notification) : eventMessage(notification);
  }
  return target.kind === 'slack' ? slackMessage(notification) : alarmMessage(notification);
}

function retryAfterMs(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
