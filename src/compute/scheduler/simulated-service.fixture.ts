import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';
import type { DeploymentRecord, RevisionSpec, ServiceRecord, TaskRecord } from '../model.ts';
import { reconcileService, type ServiceDecision } from './reconcile-service.ts';

/** For tests: a service whose decisions are carried out in memory, and whose tasks do what the test says. */

export const specOf = (revision: number): RevisionSpec => ({
  taskDefinitionArn: `arn:aws:ecs:us-east-1:000000000000:task-definition/web:${revision}`,
  loadBalancers: [],
  serviceRegistries: [],
  enableExecuteCommand: false,
  propagateTags: 'NONE',
});

export function deploymentOf(id: string, revision: number, desiredCount: number): DeploymentRecord {
  return {
    id,
    serviceDeploymentArn: `service-deployment/${id}`,
    revisionArn: `service-revision/${id}`,
    spec: specOf(revision),
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: '',
    desiredCount,
    failedTasks: 0,
    createdAtMs: 0,
    updatedAtMs: 0,
    sourceRevisionArns: [],
    serviceDeploymentStatus: 'IN_PROGRESS',
    circuitBreakerStatus: 'MONITORING',
    alarmsTriggered: [],
  };
}

export class SimulatedService {
  service: ServiceRecord;
  tasks: TaskRecord[] = [];
  nowMs = 1_000_000;
  targets = new Map<string, Map<string, { state: any; reason: string; description: string }>>();
  alarmsInAlarm: string[] = [];
  readonly events: string[] = [];
  private counter = 0;

  constructor(
    desiredCount: number,
    configuration: DeploymentConfiguration & { minimumHealthyPercent: number; maximumPercent: number },
  ) {
    this.service = {
      account: '000000000000',
      region: 'us-east-1',
      clusterName: 'shop',
      clusterArn: 'cluster',
      name: 'web',
      arn: 'service',
      status: 'ACTIVE',
      desiredCount,
      schedulingStrategy: 'REPLICA',
      deploymentConfiguration: configuration,
      hasDeploymentController: false,
      placementConstraints: [],
      placementStrategy: [],
      enableECSManagedTags: false,
      availabilityZoneRebalancing: 'DISABLED',
      createdBy: 'root',
      createdAtMs: 0,
      tags: {},
      requestFingerprint: '',
      deployments: [deploymentOf('d1', 1, desiredCount)],
      events: [],
      throttle: { failures: 0, nextStartAtMs: 0 },
    };
  }

  /** One pass: decides, checks nothing, and carries out. */
  step(): ServiceDecision {
    this.counter += 1;
    const decision = reconcileService({
      service: this.service,
      tasks: this.tasks,
      targets: this.targets,
      healthChecked: new Set(),
      alarmsInAlarm: this.alarmsInAlarm,
      settleMs: 0,
      daemonCount: 1,
      lastPlacementFailed: false,
      newDeploymentId: `rollback-${this.counter}`,
      nowMs: this.nowMs,
    });
    this.service = decision.service;
    this.events.push(...decision.events);
    const settled = new Set(decision.settled);
    const healthy = new Set(decision.becameHealthy);
    const stops = new Map(decision.stop.map((stop) => [stop.taskId, stop]));
    this.tasks = this.tasks.map((task) => {
      const stop = stops.get(task.id);
      return {
        ...task,
        healthyAtMs: healthy.has(task.id) ? this.nowMs : task.healthyAtMs,
        settled: task.settled || settled.has(task.id) || stop !== undefined,
        ...(stop && { desiredStatus: 'STOPPED' as const, stopCode: stop.stopCode, stoppedReason: stop.reason }),
      };
    });
    for (let index = 0; index < (decision.start?.count ?? 0); index += 1) this.addTask(decision.start!.deployment.id);
    return decision;
  }

  deploy(revision: number): void {
    this.service = {
      ...this.service,
      throttle: { failures: 0, nextStartAtMs: 0 },
      deployments: [
        deploymentOf(`d${revision}`, revision, this.service.desiredCount),
        ...this.service.deployments.map((deployment) => ({ ...deployment, status: 'ACTIVE' as const })),
      ],
    };
  }

  scale(desiredCount: number): void {
    this.service = { ...this.service, desiredCount };
  }

  get wanted(): TaskRecord[] {
    return this.tasks.filter((task) => task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED');
  }

  get running(): TaskRecord[] {
    return this.wanted.filter((task) => task.lastStatus === 'RUNNING');
  }

  change(id: string, patch: Partial<TaskRecord>): void {
    this.tasks = this.tasks.map((task) => (task.id === id ? { ...task, ...patch } : task));
  }

  becomeRunning(task: TaskRecord): void {
    this.change(task.id, { lastStatus: 'RUNNING', startedAtMs: this.nowMs });
  }

  finishStopping(): void {
    for (const task of this.tasks)
      if (task.desiredStatus === 'STOPPED') this.change(task.id, { lastStatus: 'STOPPED' });
  }

  crash(task: TaskRecord): void {
    const stopCode = task.startedAtMs === undefined ? 'TaskFailedToStart' : 'EssentialContainerExited';
    this.change(task.id, {
      desiredStatus: 'STOPPED',
      stopCode,
      executionStoppedAtMs: this.nowMs,
      stoppedReason: 'crash',
    });
  }

  private addTask(deploymentId: string): void {
    this.counter += 1;
    const id = `task-${this.counter}`;
    this.tasks.push({
      account: '000000000000',
      region: 'us-east-1',
      id,
      arn: `arn/${id}`,
      clusterName: 'shop',
      clusterArn: 'cluster',
      taskDefinitionArn: 'definition',
      family: 'web',
      revision: 1,
      serviceName: 'web',
      deploymentId,
      group: 'service:web',
      launchType: 'FARGATE',
      networkMode: 'awsvpc',
      availabilityZone: `us-east-1${'abc'[this.counter % 3]}`,
      reservedCpuUnits: 256,
      reservedMemoryMib: 512,
      reservedHostPorts: [],
      loadBalancers: this.service.deployments[0]!.spec.loadBalancers,
      serviceRegistries: [],
      enableExecuteCommand: false,
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
      healthStatus: 'UNKNOWN',
      version: 1,
      containers: [],
      hostPorts: [],
      createdAtMs: this.nowMs + this.counter,
      tags: {},
    });
  }
}
