import { describeLogStreams } from '../../api/logs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { When } from '../../parts/when.tsx';

export function StreamTable({ group }: { group: string }) {
  const t = useText();
  const streams = useLive(['log-streams', group], ({ scope, signal }) => describeLogStreams(scope, group, signal), {
    ranged: false,
  });
  return (
    <QueryView query={streams}>
      {(found) => (
        <DataTable
          title={t('logs.streams')}
          items={found}
          trackBy={(stream) => stream.logStreamName}
          filter
          empty={t('logs.no-streams')}
          columns={[
            {
              id: 'name',
              header: t('logs.stream'),
              sortingField: 'logStreamName',
              cell: (stream) => (
                <Go to="/logs" search={{ group, stream: stream.logStreamName }}>
                  {stream.logStreamName}
                </Go>
              ),
            },
            { id: 'first', header: t('logs.first'), cell: (stream) => <When at={stream.firstEventTimestamp} /> },
            { id: 'last', header: t('logs.last'), cell: (stream) => <When at={stream.lastEventTimestamp} /> },
          ]}
        />
      )}
    </QueryView>
  );
}
