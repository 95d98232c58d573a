import type { ServiceTable } from '../../wire/aws/service-table.ts';
import { changeServiceHandlers } from './change-service.ts';
import { clusterHandlers } from './clusters.ts';
import { createServiceHandlers } from './create-service.ts';
import type { ApiDeps } from './deps.ts';
import { runTaskHandlers } from './run-task.ts';
import { taskDefinitionHandlers } from './task-definitions.ts';
import { taskHandlers } from './tasks.ts';

/** The operations of ECS that hatoba answers. */
export function ecsService(deps: ApiDeps): ServiceTable {
  return {
    service: 'ecs',
    handlers: {
      ...clusterHandlers(deps),
      ...taskDefinitionHandlers(deps),
      ...createServiceHandlers(deps),
      ...changeServiceHandlers(deps),
      ...runTaskHandlers(deps),
      ...taskHandlers(deps),
    },
  };
}
