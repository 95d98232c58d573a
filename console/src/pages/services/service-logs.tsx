import { describeTaskDefinition, type Service, type TaskDefinition } from '../../api/ecs.ts';
import { type LogEvent, newestLogEvents } from '../../api/logs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { LogLines } from '../../parts/log-lines.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';

export interface LogPlace {
  group: string;
  streamPrefix: string;
  container: string;
}

/** Where the containers of a definition write, as their awslogs options say. */
export function logPlaces(definition: TaskDefinition): LogPlace[] {
  return definition.containerDefinitions.flatMap((container) => {
    const options = container.logConfiguration?.options ?? {};
    const group = options['awslogs-group'];
    const prefix = options['awslogs-stream-prefix'];
    return group
      ? [{ group, streamPrefix: prefix ? `${prefix}/${container.name}/` : '', container: container.name }]
      : [];
  });
}

const shown = 200;

/** What the service's containers wrote in the range, newest first. */
export function ServiceLogs({ service }: { service: Service }) {
  const t = useText();
  const logs = useLive(['service-logs', service.taskDefinition], async ({ scope, range, signal }) => {
    const places = logPlaces(await describeTaskDefinition(scope, service.taskDefinition, signal));
    const found = await Promise.all(
      places.map(async (place) => {
        const { events } = await newestLogEvents(scope, { ...range, ...place }, shown, signal);
        return events.map((event): LogEvent => ({ ...event, logGroupName: place.group }));
      }),
    );
    return {
      places,
      events: found
        .flat()
        .sort((a, b) => b.timestamp - a.timestamp)
        .slice(0, shown),
    };
  });
  return (
    <QueryView query={logs}>
      {({ places, events }) =>
        places.length === 0 ? (
          <Empty title={t('service.no-log-options')}>{t('service.no-log-options-hint')}</Empty>
        ) : (
          <div>
            <p className="hatoba-inline-list">
              {places.map((place) => (
                <Go key={place.container} to="/logs" search={{ group: place.group }}>
                  {place.group}
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
