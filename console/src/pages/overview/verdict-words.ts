import type { Finding, Params, Verdict } from '../../api/hatoba.ts';
import { formatCount, formatDuration, formatShare } from '../../i18n/format.ts';
import { edgeCondition, serviceCondition } from '../../parts/filter-text.ts';

export interface Destination {
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string>;
}

/** Numbers as words: shares as percentages, seconds as durations. */
export function readable(params: Params): Params {
  const seconds = (value: string | number | undefined) => formatDuration(typeof value === 'number' ? value : undefined);
  return {
    ...params,
    ...(typeof params.share === 'number' ? { share: formatShare(params.share, 1) } : {}),
    ...(typeof params.failed === 'number' ? { failed: formatCount(params.failed) } : {}),
    ...(typeof params.total === 'number' ? { total: formatCount(params.total) } : {}),
    ownSeconds: seconds(params.ownSeconds),
    usualSeconds: seconds(params.usualSeconds),
    exception: params.exception ?? '',
  };
}

/** The message of a verdict: one code may be worded differently when it knows more. */
export function messageKey({ code, params }: Pick<Verdict, 'code' | 'params'>): string {
  if (code === 'service-slow' && params.usualSeconds === undefined) return 'verdict.service-slow-new';
  if (code === 'edge-faults' && params.exception === undefined) return 'verdict.edge-faults-plain';
  return `verdict.${code}`;
}

/** What a finding is about. Its figures change with every look, and a link must stay what it is while it is clicked. */
export function subjectOf({ code, params, link }: Pick<Finding, 'code' | 'params' | 'link'>): string {
  // An insight goes on whether clients feel it or not.
  if (link.page === 'insight') return `insight ${link.params.id}`;
  return [code, params.cluster, params.service, params.dependency, params.name, params.targetGroup].join(' ');
}

/** Where a finding leads: its page, already narrowed to what is wrong. */
export function destinationOf({ code, params, link }: Pick<Finding, 'code' | 'params' | 'link'>): Destination {
  const text = (value: string | number | undefined) => (value === undefined ? '' : String(value));
  const service = text(link.params.service ?? params.service);
  switch (link.page) {
    case 'traces': {
      const dependency = text(link.params.dependency);
      const inside = code === 'service-faults' ? 'fault' : '';
      const filter = dependency
        ? `${edgeCondition(service, dependency, 'fault = true OR error = true')}`
        : serviceCondition({ name: service, type: '' }, inside);
      return { to: '/traces', search: { filter, ...(code === 'service-slow' ? { sort: 'slow' } : {}) } };
    }
    case 'service':
      return { to: '/services/$cluster/$service', params: { cluster: text(link.params.cluster), service } };
    case 'load-balancers':
      return { to: '/load-balancers' };
    case 'canary':
      return { to: '/canaries/$name', params: { name: text(link.params.name) } };
    case 'alarm':
      return { to: '/alarms/$name', params: { name: text(link.params.name) } };
    case 'insight':
      return { to: '/insights/$insightId', params: { insightId: text(link.params.id) } };
    default:
      return { to: '/map' };
  }
}
