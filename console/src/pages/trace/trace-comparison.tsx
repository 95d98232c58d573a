import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { compareTraces } from './compare-traces.ts';
import { traceIdOf } from './trace-id.ts';
import { useTrace } from './use-trace.ts';

const shownMax = 30;

interface TraceComparisonProps {
  built: BuiltTrace;
  otherId: string | undefined;
  onCompare: (traceId: string | undefined) => void;
  onSelect: (segment: string) => void;
}

/** This trace beside another one: what took longer, what is only in one of them. */
export function TraceComparison({ built, otherId, onCompare, onSelect }: TraceComparisonProps) {
  const t = useText();
  const [text, setText] = useState(otherId ?? '');
  const id = traceIdOf(text);
  const root = built.roots[0];
  return (
    <div>
      <form
        className="hatoba-filter-line"
        onSubmit={(event) => {
          event.preventDefault();
          if (id) onCompare(id);
        }}
      >
        <Input
          value={text}
          onChange={({ detail }) => setText(detail.value)}
          placeholder={t('compare.placeholder')}
          ariaLabel={t('compare.with')}
          invalid={text !== '' && !id}
        />
        <Button formAction="submit" disabled={!id}>
          {t('compare.run')}
        </Button>
        {otherId && (
          <Button
            onClick={() => {
              setText('');
              onCompare(undefined);
            }}
          >
            {t('action.clear')}
          </Button>
        )}
      </form>
      {root && (
        <p className="hatoba-soft">
          <Go to="/traces" search={{ filter: `service(${JSON.stringify(root.service)})` } as never}>
            {t('compare.find', { name: root.service })}
          </Go>
        </p>
      )}
      {otherId && <Comparison key={otherId} built={built} otherId={otherId} onSelect={onSelect} />}
    </div>
  );
}

function Comparison({
  built,
  otherId,
  onSelect,
}: {
  built: BuiltTrace;
  otherId: string;
  onSelect: (id: string) => void;
}) {
  const t = useText();
  const other = useTrace(otherId);
  return (
    <QueryView query={other}>
      {(found) => {
        if (!found) return <Empty title={t('trace.not-found')} />;
        const works = compareTraces(built, found);
        return (
          <table className="hatoba-pairs hatoba-compared">
            <thead>
              <tr>
                <th scope="col">{t('compare.work')}</th>
                <th scope="col">{t('compare.here')}</th>
                <th scope="col">
                  <Go to="/traces/$traceId" params={{ traceId: found.id }}>
                    {t('compare.there')}
                  </Go>
                </th>
                <th scope="col">{t('compare.difference')}</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{t('trace.duration')}</th>
                <td>{formatDuration(built.end - built.start)}</td>
                <td>{formatDuration(found.end - found.start)}</td>
                <td>{signed(built.end - built.start - (found.end - found.start))}</td>
              </tr>
              {works.slice(0, shownMax).map((work) => (
                <tr key={`${work.service} ${work.name}`}>
                  <th scope="row">
                    {work.row ? (
                      <button
                        type="button"
                        className="hatoba-plain-button"
                        onClick={() => onSelect(work.row?.id ?? '')}
                      >
                        {workName(work)}
                      </button>
                    ) : (
                      workName(work)
                    )}
                  </th>
                  <td>{amount(work.count, work.ownSeconds)}</td>
                  <td>{amount(work.otherCount, work.otherOwnSeconds)}</td>
                  <td>{signed(work.ownSeconds - work.otherOwnSeconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        );
      }}
    </QueryView>
  );
}

const workName = ({ service, name }: { service: string; name: string }) =>
  name === service ? name : `${service} → ${name}`;
const amount = (count: number, seconds: number) => (count === 0 ? '-' : `${formatDuration(seconds)} (${count})`);
const signed = (seconds: number) => `${seconds > 0 ? '+' : seconds < 0 ? '−' : ''}${formatDuration(Math.abs(seconds))}`;
