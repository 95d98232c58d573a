import type { MessageKey } from '../i18n/text.ts';

export interface Page {
  to:
    | '/'
    | '/map'
    | '/traces'
    | '/services'
    | '/load-balancers'
    | '/logs'
    | '/metrics'
    | '/alarms'
    | '/canaries'
    | '/deployments'
    | '/insights'
    | '/settings';
  text: MessageKey;
  /** `g`, then this letter. */
  letter: string;
}

/** In the order of a question: is it all right, where not, why, what changed. */
export const pages: readonly Page[] = [
  { to: '/', text: 'page.overview', letter: 'o' },
  { to: '/map', text: 'page.map', letter: 'm' },
  { to: '/traces', text: 'page.traces', letter: 't' },
  { to: '/services', text: 'page.services', letter: 's' },
  { to: '/load-balancers', text: 'page.balancers', letter: 'b' },
  { to: '/logs', text: 'page.logs', letter: 'l' },
  { to: '/metrics', text: 'page.metrics', letter: 'x' },
  { to: '/alarms', text: 'page.alarms', letter: 'a' },
  { to: '/canaries', text: 'page.canaries', letter: 'c' },
  { to: '/deployments', text: 'page.deployments', letter: 'd' },
  { to: '/insights', text: 'page.insights', letter: 'i' },
  { to: '/settings', text: 'page.settings', letter: ',' },
];
