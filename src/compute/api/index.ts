import type { ServiceTable } from '../../wire/aws/service-table.ts';
import { accountSettingHandlers } from './account-settings.ts';
import { changeServiceHandlers } from './change-service.ts';
import { clusterHandlers } from './clusters.ts';
import { containerInstanceHandlers } from './container-instances.ts';
import { createServiceHandlers } from './create-service.ts';
import type { ApiDeps } from './deps.ts';
import { passedRoles } from './passed-roles.ts';
import { resourcesOfCall } from './resources-of-call.ts';
import { runTaskHandlers } from './run-task.ts';
import { serviceDeploymentHandlers } from './service-deployments.ts';
import { tagHandlers } from './tags.ts';
import { taskDefinitionHandlers } from './task-definitions.ts';
import { taskProtectionHandlers } from './task-protection.ts';
import { taskHandlers } from './tasks.ts';

/** The operations of ECS that hatoba answers. */
export function ecsService(deps: ApiDeps): ServiceTable {
  return {
    service: 'ecs',
    resources: resourcesOfCall,
    passedRoles: (operation, input, context) => passedRoles(deps.store, operation, input, context),
    handlers: {
      ...clusterHandlers(deps),
      ...taskDefinitionHandlers(deps),
      ...createServiceHandlers(deps),
      ...changeServiceHandlers(deps),
      ...runTaskHandlers(deps),
      ...taskHandlers(deps),
      ...taskProtectionHandlers(deps),
      ...serviceDeploymentHandlers(deps),
      ...containerInstanceHandlers(deps),
      ...tagHandlers(deps),
      ...accountSettingHandlers(deps),
    },
  };
}
