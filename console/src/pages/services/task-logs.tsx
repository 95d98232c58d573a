import { describeTaskDefinition, type Task } from '../../api/ecs.ts';
import { getLogEvents, type LogEvent } from '../../api/logs.ts';
import { ApiError } from '../../api/request.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { LogLines } from '../../parts/log-lines.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { logPlaces } from './service-logs.tsx';

/** The last lines of the task's own streams, whatever the time range: a stopped task must be able to say why. */
export function TaskLogs({ id, task }: { id: string; task: Task }) {
  const t = useText();
  const logs = useLive(
    ['task-logs', id],
    async ({ scope, signal }) => {
      const places = logPlaces(await describeTaskDefinition(scope, task.taskDefinitionArn, signal))
        .filter((place) => place.streamPrefix !== '')
        .map((place) => ({ ...place, stream: `${place.streamPrefix}${id}` }));
      const found = await Promise.all(
        places.map(async ({ group, stream }) => {
          const events = await getLogEvents(scope, { group, stream, limit: 300 }, signal).catch(noneYet);
          return events.map((event): LogEvent => ({ ...event, logGroupName: group, logStreamName: stream }));
        }),
      );
      return { places, events: found.flat().sort((a, b) => b.timestamp - a.timestamp) };
    },
    { ranged: false },
  );
  return (
    <QueryView query={logs}>
      {({ places, events }) =>
        places.length === 0 ? (
          <Empty title={t('service.no-log-options')}>{t('service.no-log-options-hint')}</Empty>
        ) : (
          <div>
            <p className="hatoba-inline-list">
              {places.map((place) => (
                <Go key={place.stream} to="/logs" search={{ group: place.group, stream: place.stream }}>
                  {place.container}
                </Go>
              ))}
            </p>
            <LogLines events={events} />
          </div>
        )
      }
    </QueryView>
  );
}

/** A container that has not written yet has no stream. */
function noneYet(error: unknown): LogEvent[] {
  if (error instanceof ApiError && error.code === 'ResourceNotFoundException') return [];
  throw error;
}
