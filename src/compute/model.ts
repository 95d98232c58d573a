import type {
  AvailabilityZoneRebalancing,
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterSetting,
  DeploymentConfiguration,
  HealthStatus,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  PropagateTags,
  SchedulingStrategy,
  ServiceConnectConfiguration,
  ServiceDeploymentStatus,
  ServiceRegistry,
  ServiceVolumeConfiguration,
  TaskDefinition,
  TaskOverride,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { AccountRegion } from '../wire/aws/call-context.ts';

/** Records as the state store keeps them: JSON, times as epoch milliseconds. */

export type Tags = Readonly<Record<string, string>>;

export interface ClusterRecord extends AccountRegion {
  readonly name: string;
  readonly arn: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly settings: readonly ClusterSetting[];
  readonly configuration?: ClusterConfiguration;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly serviceConnectNamespace?: string;
  readonly tags: Tags;
  readonly createdAtMs: number;
  readonly inactiveAtMs?: number;
}

/** Revisions of a family are counted here, so that none is used twice even after its definition has been deleted. */
export interface FamilyRecord extends AccountRegion {
  readonly family: string;
  readonly lastRevision: number;
}

/** What RegisterTaskDefinition gave, with the defaults filled in; the times are kept apart from it. */
export type DefinitionContent = Omit<
  TaskDefinition,
  'registeredAt' | 'deregisteredAt' | 'deleteRequestedAt' | 'status'
>;

export interface TaskDefinitionRecord extends AccountRegion {
  readonly family: string;
  readonly revision: number;
  readonly arn: string;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly content: DefinitionContent;
  readonly registeredAtMs: number;
  readonly deregisteredAtMs?: number;
  readonly deleteRequestedAtMs?: number;
  readonly tags: Tags;
}

/** What one service revision runs. A change of any of it makes a new deployment. */
export interface RevisionSpec {
  readonly taskDefinitionArn: string;
  readonly launchType?: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly serviceConnectConfiguration?: ServiceConnectConfiguration;
  readonly volumeConfigurations?: readonly ServiceVolumeConfiguration[];
  readonly enableExecuteCommand: boolean;
  readonly propagateTags: PropagateTags;
}

export interface ServiceRevisionRecord extends AccountRegion {
  readonly arn: string;
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly createdAtMs: number;
  readonly spec: RevisionSpec;
}

export interface DeploymentRecord {
  /** `ecs-svc/<19 digits>`: the id that DescribeServices shows. */
  readonly id: string;
  readonly serviceDeploymentArn: string;
  readonly revisionArn: string;
  readonly spec: RevisionSpec;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  readonly rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  readonly rolloutStateReason: string;
  readonly desiredCount: number;
  /** Tasks in a row that failed without one becoming healthy in between. */
  readonly failedTasks: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs?: number;
  /** Why a failed rollout was rolled back, and by which deployment. */
  readonly rolledBackBy?: { readonly deploymentId: string; readonly revisionArn: string; readonly atMs: number };
  /** Set on a deployment that exists to undo another one; it has no service deployment of its own. */
  readonly rollbackOf?: string;
  readonly sourceRevisionArns: readonly string[];
  readonly serviceDeploymentStatus: ServiceDeploymentStatus;
  readonly statusReason?: string;
  readonly circuitBreakerStatus: 'MONITORING' | 'TRIGGERED' | 'MONITORING_COMPLETE' | 'DISABLED';
  readonly alarmsTriggered: readonly string[];
}

/** A deployment as it was last seen, kept as history under its service. */
export interface ServiceDeploymentRecord extends AccountRegion {
  readonly arn: string;
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly deployment: DeploymentRecord;
  readonly deploymentConfiguration: DeploymentConfiguration;
}

export interface ServiceEventRecord {
  readonly id: string;
  readonly createdAtMs: number;
  readonly message: string;
}

export interface ServiceRecord extends AccountRegion {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly name: string;
  readonly arn: string;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly desiredCount: number;
  readonly schedulingStrategy: SchedulingStrategy;
  readonly deploymentConfiguration: DeploymentConfiguration & { minimumHealthyPercent: number; maximumPercent: number };
  readonly hasDeploymentController: boolean;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly healthCheckGracePeriodSeconds?: number;
  readonly enableECSManagedTags: boolean;
  readonly availabilityZoneRebalancing: AvailabilityZoneRebalancing;
  readonly roleArn?: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly inactiveAtMs?: number;
  readonly tags: Tags;
  /** What CreateService was called with, to recognise the same call again. */
  readonly requestFingerprint: string;
  /** PRIMARY first; the others until their last task has stopped. */
  readonly deployments: readonly DeploymentRecord[];
  /** What a rollback returns to. */
  readonly lastCompleted?: { readonly spec: RevisionSpec; readonly revisionArn: string; readonly deploymentId: string };
  /** Newest first, at most 100. */
  readonly events: readonly ServiceEventRecord[];
  /** Starts wait until then after `failures` tasks in a row that stopped by themselves soon after their start. */
  readonly throttle: { readonly failures: number; readonly nextStartAtMs: number };
  readonly steadySinceMs?: number;
  readonly steadyReportedAtMs?: number;
}

export type TaskLastStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface ContainerRecord {
  readonly name: string;
  readonly arn: string;
  readonly image: string;
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly exitCode?: number;
  readonly reason?: string;
  readonly healthStatus: HealthStatus;
  readonly startedAtMs?: number;
  readonly stoppedAtMs?: number;
  readonly restartCount: number;
}

export interface TaskRecord extends AccountRegion {
  readonly id: string;
  readonly arn: string;
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  readonly serviceName?: string;
  readonly deploymentId?: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string;
  readonly platformVersion?: string;
  readonly networkMode: 'awsvpc' | 'bridge' | 'host' | 'none';
  readonly containerInstanceArn?: string;
  readonly availabilityZone: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly overrides?: TaskOverride;
  /** Task size as the API shows it. */
  readonly cpu?: string;
  readonly memory?: string;
  /** What placement subtracts. */
  readonly reservedCpuUnits: number;
  readonly reservedMemoryMib: number;
  readonly reservedHostPorts: readonly string[];
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly enableExecuteCommand: boolean;
  readonly lastStatus: TaskLastStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly healthStatus: HealthStatus;
  /** Grows by each change. */
  readonly version: number;
  readonly containers: readonly ContainerRecord[];
  readonly attachment?: {
    readonly id: string;
    readonly status: string;
    readonly subnetId?: string;
    readonly networkInterfaceId: string;
    readonly macAddress: string;
    readonly privateIPv4Address?: string;
  };
  /** Where containerPorts are reached, where they are not on the task's own address. */
  readonly hostPorts: readonly {
    readonly containerName: string;
    readonly containerPort: number;
    readonly port: number;
  }[];
  readonly address?: string;
  readonly createdAtMs: number;
  readonly pullStartedAtMs?: number;
  readonly pullStoppedAtMs?: number;
  readonly connectivityAtMs?: number;
  readonly startedAtMs?: number;
  readonly stoppingAtMs?: number;
  readonly executionStoppedAtMs?: number;
  readonly stoppedAtMs?: number;
  readonly stopCode?: TaskStopCode;
  readonly stoppedReason?: string;
  readonly tags: Tags;
  /** Epoch milliseconds until which a scale-in leaves the task alone. */
  readonly protectedUntilMs?: number;
  /** When the scheduler first counted it as healthy. */
  readonly healthyAtMs?: number;
  /** True once the scheduler has drawn its conclusions from the task's end. */
  readonly settled?: boolean;
}

/** This machine in one cluster, where a call has changed something about it. */
export interface ContainerInstanceRecord extends AccountRegion {
  readonly clusterName: string;
  readonly status: 'ACTIVE' | 'DRAINING';
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly version: number;
}

export interface AccountSettingRecord extends AccountRegion {
  readonly name: string;
  readonly value: string;
  readonly principalArn: string;
}

export interface ClientTokenRecord {
  readonly fingerprint: string;
  readonly taskKeys: readonly string[];
  readonly createdAtMs: number;
}

export const clusterKey = (scope: AccountRegion, name: string): string => `${scope.account}/${scope.region}/${name}`;

export const serviceKey = (service: AccountRegion & { clusterName: string; name: string }): string =>
  `${service.account}/${service.region}/${service.clusterName}/${service.name}`;

export const taskKey = (task: AccountRegion & { clusterName: string; id: string }): string =>
  `${task.account}/${task.region}/${task.clusterName}/${task.id}`;

/** Key of the service that a task belongs to; undefined for a standalone task. */
export const serviceKeyOfTask = (task: TaskRecord): string | undefined =>
  task.serviceName === undefined ? undefined : `${task.account}/${task.region}/${task.clusterName}/${task.serviceName}`;

export const definitionKey = (scope: AccountRegion, family: string, revision: number): string =>
  `${scope.account}/${scope.region}/${family}/${String(revision).padStart(9, '0')}`;

/** The key of the definition that `arn` (`...:task-definition/<family>:<revision>`) names. */
export function definitionKeyOfArn(arn: string): string {
  const [, , , region = '', account = '', resource = '', revision = '0'] = arn.split(':');
  return definitionKey({ account, region }, resource.slice('task-definition/'.length), Number(revision));
}
