import { randomBytes } from 'node:crypto';
import type { Logger } from '../../platform/logger.ts';
import { createLoopbackNetwork } from './loopback-network.ts';
import { createNamespaceNetwork } from './namespace-network.ts';
import type { TaskNetwork } from './task-network.ts';

export interface ChosenNetwork {
  readonly network: TaskNetwork;
  /** One line for people: why it is this mode. */
  readonly reason: string;
}

/** Takes namespaces only after making one with everything in it, and removing it again. `namespace` throws where `auto` falls back. */
export async function chooseNetwork(
  setting: 'auto' | 'namespace' | 'loopback',
  options: { instanceHash: string; dataDirectory: string; logger: Logger },
): Promise<ChosenNetwork> {
  if (setting === 'loopback') return { network: createLoopbackNetwork(), reason: 'network is set to loopback' };
  const obstacle = await findObstacle(options);
  if (obstacle === undefined) {
    return { network: createNamespaceNetwork(options), reason: 'each task has a network namespace of its own' };
  }
  if (setting === 'namespace') throw new Error(`network is set to namespace, but ${obstacle}`);
  return { network: createLoopbackNetwork(), reason: `tasks share this machine's network: ${obstacle}` };
}

async function findObstacle({
  dataDirectory,
  logger,
}: {
  dataDirectory: string;
  logger: Logger;
}): Promise<string | undefined> {
  if (process.platform !== 'linux') return `network namespaces need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = createNamespaceNetwork({ instanceHash: randomBytes(8).toString('hex'), dataDirectory, logger });
  try {
    await probe.start();
    const place = await probe.create('probe', []);
    const sockets = await probe.open(place);
    sockets.close();
    await probe.remove('probe', place);
    return undefined;
  } catch (error) {
    return `network namespaces do not work here (${(error as Error).message})`;
  } finally {
    await probe.stop({ keepTasks: false }).catch((error) => logger.warn({ err: error }, 'probe not fully removed'));
  }
}
