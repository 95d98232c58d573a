import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { getTrace } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { QueryView } from '../../parts/query-view.tsx';
import type { BuiltTrace } from './build-trace.ts';

/** Characters. What is larger is shown as it came, its beginning only; all of it is in the file. */
const shownMax = 300_000;

/** The documents as they were sent: read only when somebody wants to see them. */
export function RawDocuments({ built }: { built: BuiltTrace }) {
  const t = useText();
  const [wanted, setWanted] = useState(false);
  const trace = useLive(
    ['raw-trace', built.id, built.revision],
    ({ scope, signal }) => getTrace(scope, built.id, signal),
    {
      ranged: false,
      refreshMs: false,
      enabled: wanted,
    },
  );
  if (!wanted) return <Button onClick={() => setWanted(true)}>{t('trace.raw-show')}</Button>;
  return (
    <QueryView query={trace}>
      {(found) => {
        const documents = (found?.Segments ?? []).map((segment) => segment.Document);
        return (
          <>
            <Button iconName="download" onClick={() => download(built.id, documents)}>
              {t('trace.raw-download', { count: documents.length })}
            </Button>
            <pre className="hatoba-raw">{shownText(documents)}</pre>
          </>
        );
      }}
    </QueryView>
  );
}

function download(traceId: string, documents: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([`[${documents.join(',\n')}]`], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${traceId}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

function shownText(documents: readonly string[]): string {
  const text = documents.join('\n');
  return text.length > shownMax ? `${text.slice(0, shownMax)} …` : documents.map(pretty).join('\n');
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
