import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Finding } from '../../api/hatoba.ts';
import { type MessageKey, useCodeText, useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { When } from '../../parts/when.tsx';
import { destinationOf, messageKey, readable, subjectOf } from './verdict-words.ts';

const nextText: Record<string, MessageKey> = {
  'service-slow': 'next.slow-traces',
  'service-faults': 'next.failed-traces',
  'edge-faults': 'next.failed-traces',
  alarm: 'next.alarm',
  'canary-failing': 'next.canary',
  'service-not-stable': 'next.service',
  'target-unhealthy': 'next.balancers',
  insight: 'next.insight',
  'insight-inside': 'next.insight',
};

/** What is wrong, worst first: since when, after which deployment, and the next place to look. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const t = useText();
  const words = useCodeText();
  if (findings.length === 0) return null;
  return (
    <SpaceBetween size="xs">
      {findings.map((finding) => {
        const destination = destinationOf(finding);
        const service = finding.params.service;
        const reason = finding.params.reason;
        return (
          <Alert
            key={subjectOf(finding)}
            type={finding.level === 'critical' ? 'error' : 'warning'}
            header={words(messageKey(finding), finding.code, readable(finding.params))}
          >
            {reason !== undefined && reason !== '' && <div className="hatoba-wrap">{reason}</div>}
            <span className="hatoba-inline-list">
              <Go
                to={destination.to as '/'}
                params={destination.params as never}
                search={destination.search as never}
                className="hatoba-primary"
              >
                {t(nextText[finding.code] ?? 'next.map')}
              </Go>
              {typeof service === 'string' && (
                <Go to="/map" search={{ node: `${service}~` }}>
                  {t('next.map')}
                </Go>
              )}
              {finding.deployment && (
                <Go
                  to="/services/$cluster/$service"
                  params={{ cluster: finding.deployment.cluster, service: finding.deployment.service }}
                  search={{ tab: 'definition' }}
                >
                  {t('overview.after-deployment', {
                    service: finding.deployment.service,
                    revision: finding.deployment.revision,
                  })}
                </Go>
              )}
              {finding.since && (
                <span className="hatoba-soft">
                  {t('overview.since')} <When at={finding.since} />
                </span>
              )}
            </span>
          </Alert>
        );
      })}
    </SpaceBetween>
  );
}
