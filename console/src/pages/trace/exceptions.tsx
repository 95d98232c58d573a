import Box from '@cloudscape-design/components/box';
import { useText } from '../../i18n/text.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { SegmentDocument, TraceException } from './trace-document.ts';

interface ExceptionsProps {
  exceptions: readonly TraceException[];
  cause: SegmentDocument['cause'];
}

/** Type, message and stack of each exception. Frames of the application stand out from those of libraries. */
export function Exceptions({ exceptions, cause }: ExceptionsProps) {
  const t = useText();
  if (exceptions.length === 0) return <Box color="text-body-secondary">{t('exceptions.none')}</Box>;
  const directory = typeof cause === 'object' && cause !== null ? cause.working_directory : undefined;
  return (
    <div className="hatoba-exceptions">
      {exceptions.map((exception, index) => (
        <section key={exception.id ?? index}>
          <h3>
            {exception.type ?? t('exceptions.unnamed')}
            {exception.remote && <span className="hatoba-badge">{t('exceptions.remote')}</span>}
          </h3>
          <p className="hatoba-wrap">{exception.message}</p>
          <ol className="hatoba-stack" aria-label={t('exceptions.stack')}>
            {(exception.stack ?? []).map((frame, at) => {
              const ours = isApplicationFrame(frame.path ?? '');
              return (
                <li key={at} className={ours ? 'hatoba-frame-ours' : ''}>
                  <span>{frame.label || '(anonymous)'}</span>{' '}
                  <code>
                    {frame.path}
                    {frame.line ? `:${frame.line}` : ''}
                  </code>
                  {ours && <span className="hatoba-badge">{t('exceptions.application')}</span>}
                </li>
              );
            })}
          </ol>
          {(exception.truncated ?? 0) > 0 && <p>{t('exceptions.truncated', { count: exception.truncated ?? 0 })}</p>}
        </section>
      ))}
      {directory && (
        <p className="hatoba-soft">
          {t('exceptions.directory')} <code>{directory}</code>
        </p>
      )}
    </div>
  );
}
