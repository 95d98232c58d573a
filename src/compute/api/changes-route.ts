import type { ServerResponse } from 'node:http';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import { serviceKeyOfTask } from '../model.ts';
import type { ComputeStore, Mirror } from '../store.ts';

/** Viewers at a time; a tab too many is told to come again rather than slow the others down. */
const viewersMax = 100;
/** Changes of this time are told together. */
const gatherMs = 250;
/** More changed things than this in one message are told as "everything". */
const keysMax = 200;
/** What may wait for a viewer that does not read. */
const waitingBytesMax = 1_000_000;

interface Gathered {
  readonly clusters: Set<string>;
  readonly services: Set<string>;
  readonly tasks: Set<string>;
}

/**
 * `GET /_hatoba/compute/events`: server-sent events that say which clusters, services and tasks have changed, by key
 * (`<account>/<region>/<cluster>[/<service or task>]`), so that a page knows when to ask again. `all: true` means that
 * too much has changed to list it.
 */
export function changesRoute(store: ComputeStore): { route: HttpRoute; close(): void } {
  const viewers = new Set<ServerResponse>();
  let gathered: Gathered | undefined;
  let timer: NodeJS.Timeout | undefined;

  const gather = (): Gathered => {
    timer ??= setTimeout(tell, gatherMs);
    gathered ??= { clusters: new Set(), services: new Set(), tasks: new Set() };
    return gathered;
  };
  const tell = () => {
    const { clusters, services, tasks } = gathered ?? gather();
    clearTimeout(timer);
    gathered = timer = undefined;
    const all = clusters.size + services.size + tasks.size > keysMax;
    const body = all ? { all } : { clusters: [...clusters], services: [...services], tasks: [...tasks] };
    const message = `event: changed\ndata: ${JSON.stringify(body)}\n\n`;
    for (const viewer of viewers) {
      // Who does not read is sent away: it asks again, and then for everything.
      if (viewer.writableLength > waitingBytesMax) viewer.destroy();
      else viewer.write(message);
    }
  };
  const listen = <Value>(mirror: Mirror<Value>, note: (key: string, value: Value | undefined) => void) =>
    mirror.onChange((key, after, before) => {
      if (viewers.size > 0) note(key, after ?? before);
    });
  listen(store.clusters, (key) => gather().clusters.add(key));
  listen(store.services, (key) => gather().services.add(key));
  listen(store.tasks, (key, task) => {
    gather().tasks.add(key);
    const service = task === undefined ? undefined : serviceKeyOfTask(task);
    if (service !== undefined) gather().services.add(service);
  });

  return {
    route: {
      method: 'GET',
      path: '/_hatoba/compute/events',
      handle(_request, response) {
        if (viewers.size >= viewersMax) {
          response.writeHead(503, { 'retry-after': '5' }).end();
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write('retry: 2000\n\n');
        viewers.add(response);
        response.on('close', () => viewers.delete(response));
      },
    },
    close() {
      clearTimeout(timer);
      for (const viewer of viewers) viewer.end();
      viewers.clear();
    },
  };
}
