import { newUuid } from '../../platform/ids.ts';
import { StaleVersionError } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { CanaryRecord } from '../model.ts';
import { parseRateMs } from '../parse-schedule.ts';
import { readHeartbeatUrls } from '../read-script.ts';
import { runtimeVersions } from '../runtime-versions.ts';
import { type CanaryContext, findCanary } from './context.ts';
import { toCanary } from './describe.ts';

type Operations = Handlers<typeof import('@aws-sdk/client-synthetics')>;

const defaultRetentionDays = 31;
const defaultTimeoutSeconds = 60;

export function changeCanaries(context: CanaryContext): Operations {
  return {
    async CreateCanary(input, scope) {
      const environment = input.RunConfig?.EnvironmentVariables ?? {};
      const expression = input.Schedule!.Expression!;
      checkSchedule(expression);
      checkRuntime(input.RuntimeVersion!);
      const nowMs = context.clock.now().getTime();
      const canary: CanaryRecord = {
        account: scope.account,
        region: scope.region,
        id: newUuid(),
        name: input.Name!,
        state: 'READY',
        stateReason: '',
        urls: readHeartbeatUrls(environment),
        handler: input.Code?.Handler ?? '',
        scheduleExpression: expression,
        durationSeconds: Number(input.Schedule!.DurationInSeconds ?? 0),
        timeoutSeconds: input.RunConfig?.TimeoutInSeconds ?? defaultTimeoutSeconds,
        activeTracing: input.RunConfig?.ActiveTracing ?? false,
        runtimeVersion: input.RuntimeVersion!,
        executionRoleArn: input.ExecutionRoleArn!,
        artifactS3Location: input.ArtifactS3Location!,
        environment,
        successRetentionDays: input.SuccessRetentionPeriodInDays ?? defaultRetentionDays,
        failureRetentionDays: input.FailureRetentionPeriodInDays ?? defaultRetentionDays,
        tags: input.Tags ?? {},
        createdMs: nowMs,
        modifiedMs: nowMs,
      };
      try {
        await context.store.create(canary);
      } catch (error) {
        if (!(error instanceof StaleVersionError)) throw error;
        throw awsError('ConflictException', `A canary named ${canary.name} already exists.`, 409);
      }
      return { Canary: toCanary(canary) };
    },

    async UpdateCanary(input, scope) {
      const current = await findCanary(context, scope, input.Name!);
      const before = current.value;
      if (input.Schedule?.Expression !== undefined) checkSchedule(input.Schedule.Expression);
      if (input.RuntimeVersion !== undefined) checkRuntime(input.RuntimeVersion);
      const environment = input.RunConfig?.EnvironmentVariables ?? before.environment;
      const updated: CanaryRecord = {
        ...before,
        environment,
        urls: readHeartbeatUrls(environment),
        handler: input.Code?.Handler ?? before.handler,
        scheduleExpression: input.Schedule?.Expression ?? before.scheduleExpression,
        durationSeconds: Number(input.Schedule?.DurationInSeconds ?? before.durationSeconds),
        timeoutSeconds: input.RunConfig?.TimeoutInSeconds ?? before.timeoutSeconds,
        activeTracing: input.RunConfig?.ActiveTracing ?? before.activeTracing,
        runtimeVersion: input.RuntimeVersion ?? before.runtimeVersion,
        executionRoleArn: input.ExecutionRoleArn ?? before.executionRoleArn,
        artifactS3Location: input.ArtifactS3Location ?? before.artifactS3Location,
        successRetentionDays: input.SuccessRetentionPeriodInDays ?? before.successRetentionDays,
        failureRetentionDays: input.FailureRetentionPeriodInDays ?? before.failureRetentionDays,
        modifiedMs: context.clock.now().getTime(),
      };
      await context.store.replace(current, updated);
      if (updated.state === 'RUNNING') context.schedule.start(current.key, updated);
      return {};
    },

    async DeleteCanary(input, scope) {
      const current = await findCanary(context, scope, input.Name!);
      if (current.value.state === 'RUNNING') {
        throw awsError('ConflictException', `Canary ${input.Name} is running: stop it before it is deleted.`, 409);
      }
      await context.store.remove(current);
      return {};
    },

    async StartCanary(input, scope) {
      const current = await findCanary(context, scope, input.Name!);
      if (current.value.state === 'RUNNING') {
        throw awsError('ConflictException', `Canary ${input.Name} is in the state RUNNING.`, 409);
      }
      const { stoppedMs: _, ...rest } = current.value;
      const started: CanaryRecord = { ...rest, state: 'RUNNING', startedMs: context.clock.now().getTime() };
      await context.store.replace(current, started);
      context.schedule.start(current.key, started);
      return {};
    },

    async StopCanary(input, scope) {
      const current = await findCanary(context, scope, input.Name!);
      if (current.value.state !== 'RUNNING') {
        throw awsError('ConflictException', `Canary ${input.Name} is not running.`, 409);
      }
      context.schedule.stop(current.key);
      await context.store.replace(current, {
        ...current.value,
        state: 'STOPPED',
        stoppedMs: context.clock.now().getTime(),
      });
      return {};
    },
  };
}

function checkSchedule(expression: string): void {
  if (parseRateMs(expression) !== undefined) return;
  throw awsError(
    'ValidationException',
    `Schedule ${expression} is not supported: use rate(n minutes) or rate(1 hour), at most one hour apart, or rate(0 minute) for a single run.`,
  );
}

function checkRuntime(version: string): void {
  if (runtimeVersions.some((runtime) => runtime.name === version)) return;
  throw awsError('ValidationException', `Runtime version ${version} is unknown; DescribeRuntimeVersions lists them.`);
}
