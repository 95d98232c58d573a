import type { Canary, CanaryRun } from '@aws-sdk/client-synthetics';
import { type CanaryRecord, type CanaryRunRecord, canaryArn } from '../model.ts';

/** A canary in the shape of GetCanary. */
export function toCanary(canary: CanaryRecord): Canary {
  return {
    Id: canary.id,
    Name: canary.name,
    Code: { SourceLocationArn: `${canaryArn(canary)}:code`, Handler: canary.handler },
    ExecutionRoleArn: canary.executionRoleArn,
    Schedule: { Expression: canary.scheduleExpression, DurationInSeconds: canary.durationSeconds },
    RunConfig: { TimeoutInSeconds: canary.timeoutSeconds, MemoryInMB: 1000, ActiveTracing: canary.activeTracing },
    SuccessRetentionPeriodInDays: canary.successRetentionDays,
    FailureRetentionPeriodInDays: canary.failureRetentionDays,
    Status: { State: canary.state, ...(canary.stateReason && { StateReason: canary.stateReason }) },
    Timeline: {
      Created: new Date(canary.createdMs),
      LastModified: new Date(canary.modifiedMs),
      ...(canary.startedMs !== undefined && { LastStarted: new Date(canary.startedMs) }),
      ...(canary.stoppedMs !== undefined && { LastStopped: new Date(canary.stoppedMs) }),
    },
    ArtifactS3Location: canary.artifactS3Location.replace(/^s3:\/\//, ''),
    EngineArn: canaryArn(canary),
    RuntimeVersion: canary.runtimeVersion,
    Tags: { ...canary.tags },
  };
}

/** A run in the shape of GetCanaryRuns. */
export function toCanaryRun(canary: CanaryRecord, run: CanaryRunRecord): CanaryRun {
  return {
    Id: run.id,
    Name: run.canaryName,
    Status: {
      State: run.passed ? 'PASSED' : 'FAILED',
      ...(!run.passed && { StateReason: run.reason, StateReasonCode: 'CANARY_FAILURE' as const }),
    },
    Timeline: { Started: new Date(run.startedMs), Completed: new Date(run.completedMs) },
    ArtifactS3Location: canary.artifactS3Location.replace(/^s3:\/\//, ''),
  };
}
