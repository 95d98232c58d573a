import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { useText } from '../../i18n/text.ts';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { TraceView } from './trace-view.tsx';
import { useTrace } from './use-trace.ts';

export function TracePage() {
  const t = useText();
  const { traceId } = useParams({ from: '/traces/$traceId' });
  const trace = useTrace(traceId);
  return (
    <Page
      title={t('trace.title')}
      crumbs={[{ text: t('page.traces'), to: '/traces' }]}
      description={<span className="hatoba-mono">{traceId}</span>}
    >
      <QueryView query={trace}>
        {(built) => {
          if (!built) return <Empty title={t('trace.not-found')} listening />;
          return (
            <SpaceBetween size="m">
              {built.limitExceeded && <Alert type="warning">{t('trace.limit-exceeded')}</Alert>}
              {built.rows.size === 0 ? (
                <Empty title={t('trace.no-segments')} listening />
              ) : (
                <TraceView key={built.id} built={built} />
              )}
            </SpaceBetween>
          );
        }}
      </QueryView>
    </Page>
  );
}
