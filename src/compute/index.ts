import type { Alarms } from '../alarms/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { Plane } from '../wire/aws/service-table.ts';
import { Agent } from './agent/agent.ts';
import { Housekeeping } from './agent/housekeeping.ts';
import { thisMachine } from './agent/machine.ts';
import { ServiceLoop } from './agent/service-loop.ts';
import { TargetWatch } from './agent/target-watch.ts';
import type { LogsDoor } from './agent/task-logs.ts';
import type { TrafficDoor } from './agent/task-targets.ts';
import { UsageMeter } from './agent/usage-meter.ts';
import { changesRoute } from './api/changes-route.ts';
import { ecsService } from './api/index.ts';
import { taskIdOfArn } from './arns.ts';
import { describeTask } from './metadata/describe-task.ts';
import { definitionKeyOfArn } from './model.ts';
import type { TaskMetadata } from './network/task-endpoints.ts';
import type { Runtime } from './runtime/runtime.ts';
import { ComputeStore } from './store.ts';

export type { TaskCredentials, TaskEndpoints, TaskMetadata } from './network/task-endpoints.ts';
export type { Runtime } from './runtime/runtime.ts';

/** The door of the compute plane (ECS). */
export interface Compute extends Plane {
  /** Why the task network is what it is, in one line: for `ready`, `status` and the console. Known after `start`. */
  readonly network: { readonly mode: 'namespace' | 'loopback'; readonly reason: string };
  readonly runtime: 'process' | 'docker' | 'fake';
  /** The task's metadata document (version 4); undefined while the task is not known. */
  taskMetadata(taskId: string): TaskMetadata | undefined;
  /** The role that the task's definition names, or its override; undefined where there is none. */
  taskRoleArn(taskArn: string): string | undefined;
  /** One full pass of the scheduler over every service, whether or not anything has changed. For the benchmark. */
  reconcileAll(): Promise<void>;
}

export interface ComputeDeps {
  readonly state: StateStore;
  readonly runtime: Runtime;
  readonly traffic: TrafficDoor;
  readonly logs: LogsDoor;
  readonly metrics: Pick<Metrics, 'record'>;
  readonly alarms: Pick<Alarms, 'alarms'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: ComputeConfig;
}

export interface ComputeConfig {
  /** True: `stop` ends all tasks. False: they go on, and the next start adopts them. */
  readonly stopTasksOnExit: boolean;
  /** Tells this machine from others; the data directory will do. */
  readonly machineIdentity: string;
  /** How long a task without any health check must be up during a deployment before it counts as healthy. AWS takes 40 s. Default 5,000. */
  readonly settleMs?: number;
  /** Size of this machine as EC2 tasks can reserve it; by default what it has. */
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
}

export function createCompute(deps: ComputeDeps): Compute {
  const { runtime, traffic, metrics, clock, logger, config } = deps;
  const store = new ComputeStore(deps.state);
  const machine = thisMachine(config.machineIdentity, config);
  const targets = new TargetWatch({ store, traffic, clock });
  const agent = new Agent({ store, runtime, traffic, logs: deps.logs, clock, logger });
  const loop = new ServiceLoop({
    store,
    clock,
    logger,
    machine,
    traffic,
    targets,
    alarms: deps.alarms,
    settleMs: config.settleMs ?? 5000,
  });
  const usage = new UsageMeter({ store, runtime, metrics, machine, clock, logger });
  const housekeeping = new Housekeeping({ store, clock, logger });
  const changes = changesRoute(store);
  return {
    services: [ecsService({ store, clock, traffic, machine })],
    routes: [changes.route],
    runtime: runtime.name,
    get network() {
      return runtime.network;
    },
    taskMetadata(taskId) {
      const task = agent.findTask(taskId);
      const definition = task && store.definitions.get(definitionKeyOfArn(task.taskDefinitionArn));
      return task && definition && describeTask(task, definition);
    },
    taskRoleArn: (taskArn) => agent.findTask(taskIdOfArn(taskArn))?.taskRoleArn,
    reconcileAll: () => loop.reconcileAll(),
    async start() {
      await store.start();
      await agent.start();
      targets.start();
      loop.start();
      usage.start();
      housekeeping.start();
    },
    async stop() {
      changes.close();
      await housekeeping.stop();
      await usage.stop();
      await loop.stop();
      await targets.stop();
      await agent.stop({ stopTasks: config.stopTasksOnExit });
      store.stop();
    },
  };
}
