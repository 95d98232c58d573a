import { join } from 'node:path';
import type { Runtime, TaskEndpoints } from './compute/index.ts';
import { createFakeRuntime } from './compute/runtime/fake.ts';
import { createProcessRuntime } from './compute/runtime/process/index.ts';
import type { Config } from './config.ts';
import type { Clock } from './platform/clock.ts';
import type { Logger } from './platform/logger.ts';
import { StartError } from './start-error.ts';

/** What runs tasks, as the settings say. */
export function openRuntime(deps: { config: Config; endpoints: TaskEndpoints; clock: Clock; logger: Logger }): Runtime {
  const { config, endpoints, clock, logger } = deps;
  switch (config.runtime) {
    case 'process':
      return createProcessRuntime({
        dataDirectory: config.dataDir,
        network: config.network,
        images: config.images,
        ...(config.taskUser !== undefined && { taskUser: config.taskUser }),
        endpoints,
        clock,
        logger,
      });
    case 'fake':
      return createFakeRuntime({ directory: join(config.dataDir, 'runtime'), clock });
    case 'docker':
      throw new StartError('the docker runtime is not part of this version; use --runtime process');
  }
}
