import type { CanaryState } from '@aws-sdk/client-synthetics';
import type { AccountRegion } from '../wire/aws/call-context.ts';

/** A canary as it is kept in the state store, kind `canary`, key `<account>/<region>/<name>`. */
export interface CanaryRecord extends AccountRegion {
  readonly id: string;
  readonly name: string;
  readonly state: CanaryState;
  readonly stateReason: string;
  /** Addresses that one run opens, in order. */
  readonly urls: readonly string[];
  readonly handler: string;
  readonly scheduleExpression: string;
  readonly durationSeconds: number;
  readonly timeoutSeconds: number;
  readonly activeTracing: boolean;
  readonly runtimeVersion: string;
  readonly executionRoleArn: string;
  readonly artifactS3Location: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly successRetentionDays: number;
  readonly failureRetentionDays: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly startedMs?: number;
  readonly stoppedMs?: number;
}

/** What one address answered in a run. */
export interface CanaryStep {
  readonly url: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  readonly durationMs: number;
  readonly bytes: number;
  readonly error?: string;
  /** Set with active tracing: the trace that the request opened. */
  readonly traceId?: string;
}

export interface CanaryRunRecord {
  readonly id: string;
  readonly canaryId: string;
  readonly canaryName: string;
  readonly startedMs: number;
  readonly completedMs: number;
  readonly passed: boolean;
  readonly reason: string;
  readonly steps: readonly CanaryStep[];
}

export const canaryArn = (canary: AccountRegion & { readonly name: string }): string =>
  `arn:aws:synthetics:${canary.region}:${canary.account}:canary:${canary.name}`;
