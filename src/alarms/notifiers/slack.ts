import type { Transition } from '../model.ts';
import type { InsightNotification } from './message.ts';

const colors = { ALARM: '#d13212', OK: '#1d8102', INSUFFICIENT_DATA: '#687078' } as const;
const headerCharactersMax = 150;
const textCharactersMax = 2_900;

/** The body for a Slack incoming webhook. Names and reasons come from outside: only `& < >` are special to Slack. */
export function slackMessage({ alarm, previous }: Transition): Record<string, unknown> {
  const { state } = alarm;
  const title = `${state.value}: ${alarm.name}`;
  const description = alarm.configuration.AlarmDescription;
  const field = (name: string, text: string) => ({ type: 'mrkdwn', text: `*${name}*\n${escapeSlack(text)}` });
  return {
    text: escapeSlack(cut(`${title} (${alarm.region}): ${state.reason}`, textCharactersMax)),
    attachments: [
      {
        color: colors[state.value],
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: cut(title, headerCharactersMax) } },
          {
            type: 'section',
            fields: [field('State', `${previous.value} -> ${state.value}`), field('Region', alarm.region)],
          },
          { type: 'section', text: { type: 'mrkdwn', text: escapeSlack(cut(state.reason, textCharactersMax)) } },
          ...(description
            ? [{ type: 'section', text: { type: 'mrkdwn', text: escapeSlack(cut(description, textCharactersMax)) } }]
            : []),
          { type: 'context', elements: [{ type: 'mrkdwn', text: escapeSlack(`${alarm.arn} · ${state.updatedAt}`) }] },
        ],
      },
    ],
  };
}

/** The body for an X-Ray insight. */
export function slackInsightMessage({ insight }: InsightNotification): Record<string, unknown> {
  const { detail } = insight;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const cause = text((detail.RootCauseServiceId as { Name?: unknown } | undefined)?.Name);
  const title = `Insight ${text(detail.State)}: ${cause}`;
  return {
    text: escapeSlack(cut(`${title} (${insight.region}): ${text(detail.Summary)}`, textCharactersMax)),
    attachments: [
      {
        color: detail.State === 'ACTIVE' ? colors.ALARM : colors.OK,
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: cut(title, headerCharactersMax) } },
          {
            type: 'section',
            text: { type: 'mrkdwn', text: escapeSlack(cut(text(detail.Summary), textCharactersMax)) },
          },
          {
            type: 'context',
            elements: [
              {
                type: 'mrkdwn',
                text: escapeSlack(`${text(detail.GroupName)} · ${text(detail.InsightId)} · ${insight.time}`),
              },
            ],
          },
        ],
      },
    ],
  };
}

const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
