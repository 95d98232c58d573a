import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { getTrace, type Trace } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { buildTrace } from './build-trace.ts';
import { parseDocument } from './trace-document.ts';
import { TraceView } from './trace-view.tsx';

export function TracePage() {
  const t = useText();
  const { traceId } = useParams({ from: '/traces/$traceId' });
  const trace = useLive(['trace', traceId], ({ scope, signal }) => getTrace(scope, traceId, signal), {
    ranged: false,
    // A trace that was found is nearly always whole; look again now and then for late parts.
    refreshMs: 10_000,
  });
  return (
    <Page
      title={t('trace.title')}
      crumbs={[{ text: t('page.traces'), to: '/traces' }]}
      description={<span className="hatoba-mono">{traceId}</span>}
    >
      <QueryView query={trace}>
        {(found) => (found ? <FoundTrace trace={found} /> : <Empty title={t('trace.not-found')} listening />)}
      </QueryView>
    </Page>
  );
}

function FoundTrace({ trace }: { trace: Trace }) {
  const t = useText();
  const { built, unreadable } = useMemo(() => {
    const documents = (trace.Segments ?? []).map((segment) => parseDocument(segment.Document));
    const readable = documents.filter((document) => document !== undefined);
    return { built: buildTrace(readable), unreadable: documents.length - readable.length };
  }, [trace]);
  return (
    <SpaceBetween size="m">
      {trace.LimitExceeded && <Alert type="warning">{t('trace.limit-exceeded')}</Alert>}
      {unreadable > 0 && <Alert type="warning">{t('trace.unreadable', { count: unreadable })}</Alert>}
      {built.rows.size === 0 ? (
        <Empty title={t('trace.no-segments')} listening />
      ) : (
        <TraceView trace={trace} built={built} />
      )}
    </SpaceBetween>
  );
}
