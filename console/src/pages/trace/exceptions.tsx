import Box from '@cloudscape-design/components/box';
import { useText } from '../../i18n/text.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { TraceRow } from './build-trace.ts';
import type { ChainedException } from './chain-exceptions.ts';
import type { SegmentDocument } from './trace-document.ts';

interface ExceptionsProps {
  chains: readonly (readonly ChainedException[])[];
  cause: SegmentDocument['cause'];
  rowOf: (id: string) => TraceRow | undefined;
  onSelect: (segment: string, tab: string) => void;
}

/** Type, message and stack of each exception, and below it what caused it. Frames of the application stand out. */
export function Exceptions({ chains, cause, rowOf, onSelect }: ExceptionsProps) {
  const t = useText();
  if (chains.length === 0) return <Box color="text-body-secondary">{t('exceptions.none')}</Box>;
  const directory = typeof cause === 'object' && cause !== null ? cause.working_directory : undefined;
  return (
    <div className="hatoba-exceptions">
      {chains.map((chain, index) => (
        <section key={index} aria-label={chain[0]?.exception.type ?? t('exceptions.unnamed')}>
          {chain.map((link, at) => (
            <OneException
              key={at}
              link={link}
              isCause={at > 0}
              thrownIn={link.thrownIn === undefined ? undefined : rowOf(link.thrownIn)}
              onSelect={onSelect}
            />
          ))}
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

interface OneExceptionProps {
  link: ChainedException;
  isCause: boolean;
  thrownIn: TraceRow | undefined;
  onSelect: (segment: string, tab: string) => void;
}

function OneException({ link: { exception, causeMissing }, isCause, thrownIn, onSelect }: OneExceptionProps) {
  const t = useText();
  const stack = Array.isArray(exception.stack) ? exception.stack : [];
  return (
    <div className={isCause ? 'hatoba-cause' : ''}>
      <h3>
        {isCause && <span className="hatoba-cause-word">{t('exceptions.caused-by')}</span>}{' '}
        {exception.type || t('exceptions.unnamed')}
        {exception.remote && <span className="hatoba-badge">{t('exceptions.remote')}</span>}
      </h3>
      {exception.message && <p className="hatoba-wrap">{exception.message}</p>}
      {thrownIn && (
        <p>
          <button type="button" className="hatoba-plain-button" onClick={() => onSelect(thrownIn.id, 'exceptions')}>
            {t('exceptions.thrown-in', {
              name: thrownIn.kind === 'segment' ? thrownIn.name : `${thrownIn.service} → ${thrownIn.name}`,
            })}
          </button>
        </p>
      )}
      {stack.length > 0 && (
        <ol className="hatoba-stack" aria-label={t('exceptions.stack')}>
          {stack.map((frame, at) => {
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
      )}
      {(exception.truncated ?? 0) > 0 && <p>{t('exceptions.truncated', { count: exception.truncated ?? 0 })}</p>}
      {causeMissing && <p className="hatoba-soft">{t('exceptions.cause-missing', { id: String(exception.cause) })}</p>}
    </div>
  );
}
