import type { EncryptionConfig, IndexingRule, ResourcePolicy } from '@aws-sdk/client-xray';
import type { Clock } from '../../platform/clock.ts';
import { newHexId } from '../../platform/ids.ts';
import type { StateStore } from '../../stores/state/store.ts';
import { AwsError, awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Paging } from '../paging/paged-call.ts';
import type { ThinningPolicy } from '../settle/decide-thinning.ts';
import type { PolicyStore } from '../settle/thinning-policy.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const encryptionKind = 'xray-encryption';
const policyKind = 'xray-resource-policy';
const policiesMax = 5;
const policyBytesMax = 5 * 1024;
const policiesPageSize = 100;
const indexingRulesPageSize = 10;

/** What an account sets for X-Ray as a whole: encryption, resource policies, indexing, where segments go. */
export function settingsHandlers(deps: {
  state: StateStore;
  clock: Clock;
  thinning: Pick<PolicyStore, 'read' | 'write'>;
  paging: Paging;
}): Pick<
  Handlers<XRay>,
  | 'GetEncryptionConfig'
  | 'PutEncryptionConfig'
  | 'PutResourcePolicy'
  | 'ListResourcePolicies'
  | 'DeleteResourcePolicy'
  | 'GetIndexingRules'
  | 'UpdateIndexingRule'
  | 'GetTraceSegmentDestination'
  | 'UpdateTraceSegmentDestination'
> {
  const { state, clock } = deps;
  return {
    async GetEncryptionConfig(_input, context) {
      const stored = await state.get<EncryptionConfig>(encryptionKind, scopeKey(context));
      return { EncryptionConfig: stored?.value ?? { Status: 'ACTIVE', Type: 'NONE' } };
    },

    async PutEncryptionConfig(input, context) {
      if ((input.Type === 'KMS') !== (input.KeyId !== undefined)) {
        throw awsError('InvalidRequestException', 'KeyId belongs to type KMS, and only to it.');
      }
      const config: EncryptionConfig = {
        ...(input.KeyId === undefined ? {} : { KeyId: toKeyArn(context, input.KeyId) }),
        Status: 'ACTIVE',
        Type: input.Type,
      };
      await state.commit([{ kind: encryptionKind, key: scopeKey(context), expect: 'any', put: config }]);
      return { EncryptionConfig: { ...config, ...(input.Type === 'KMS' ? { Status: 'UPDATING' as const } : {}) } };
    },

    async ListResourcePolicies(input, context) {
      const call = deps.paging.open('ListResourcePolicies', input, context, policiesPageSize);
      const policies = await state.list<ResourcePolicy>(policyKind, `${scopeKey(context)}/`);
      const { items, next } = call.cut(policies, ({ value }) => value.PolicyName!);
      return { ResourcePolicies: items.map(({ value }) => withDate(value)), ...next };
    },

    async PutResourcePolicy(input, context) {
      const name = input.PolicyName ?? '';
      const document = input.PolicyDocument ?? '';
      if (Buffer.byteLength(document) > policyBytesMax) {
        throw awsError('PolicySizeLimitExceededException', `A resource policy takes at most ${policyBytesMax} bytes.`);
      }
      checkPolicy(document);
      const known = await state.get<ResourcePolicy>(policyKind, policyKey(context, name));
      const revision = input.PolicyRevisionId;
      if (revision !== undefined && revision !== (known?.value.PolicyRevisionId ?? '0')) {
        throw awsError('InvalidPolicyRevisionIdException', 'The policy has another revision.');
      }
      const others = await state.list(policyKind, `${scopeKey(context)}/`);
      if (!known && others.length >= policiesMax) {
        throw awsError('PolicyCountLimitExceededException', `There are ${policiesMax} resource policies already.`);
      }
      const policy: ResourcePolicy = {
        PolicyName: name,
        PolicyDocument: document,
        PolicyRevisionId: newHexId(8),
        LastUpdatedTime: clock.now(),
      };
      await state.commit([
        { kind: policyKind, key: policyKey(context, name), expect: known?.version ?? 'absent', put: policy },
      ]);
      return { ResourcePolicy: policy };
    },

    async DeleteResourcePolicy(input, context) {
      const key = policyKey(context, input.PolicyName ?? '');
      const known = await state.get<ResourcePolicy>(policyKind, key);
      if (!known) throw awsError('InvalidRequestException', `Resource policy not found: ${input.PolicyName}`);
      const revision = input.PolicyRevisionId;
      if (revision !== undefined && revision !== known.value.PolicyRevisionId) {
        throw awsError('InvalidPolicyRevisionIdException', 'The policy has another revision.');
      }
      await state.commit([{ kind: policyKind, key, expect: known.version, delete: true }]);
      return {};
    },

    async GetIndexingRules(input, context) {
      const call = deps.paging.open('GetIndexingRules', input, context, indexingRulesPageSize);
      const { items, next } = call.cut([indexingRule(await deps.thinning.read())], ({ Name }) => Name!);
      return { IndexingRules: [...items], ...next };
    },

    async UpdateIndexingRule(input, context) {
      if (input.Name !== 'Default') {
        throw new AwsError('ResourceNotFoundException', `There is no indexing rule ${input.Name}.`);
      }
      const wanted = input.Rule && 'Probabilistic' in input.Rule ? input.Rule.Probabilistic : undefined;
      const percentage = wanted?.DesiredSamplingPercentage;
      const { isOn } = await deps.thinning.read();
      if (percentage === undefined || (!isOn && percentage !== 100)) {
        throw awsError(
          'InvalidRequestException',
          'Thinning is off, so every trace stays: only 100 per cent can be set.',
        );
      }
      if (isOn) await deps.thinning.write(context, { policy: { sampleShare: percentage / 100 } });
      return { IndexingRule: indexingRule(await deps.thinning.read()) };
    },

    GetTraceSegmentDestination() {
      return { Destination: 'XRay', Status: 'ACTIVE' };
    },

    UpdateTraceSegmentDestination(input) {
      if (input.Destination !== 'XRay') {
        throw awsError('InvalidRequestException', 'Segments are always kept as traces here: the destination is XRay.');
      }
      return { Destination: 'XRay', Status: 'ACTIVE' };
    },
  };
}

/** The share of unremarkable traces that stays when a day is thinned: all are indexed as long as they are there. */
function indexingRule({ isOn, sampleShare }: ThinningPolicy): IndexingRule {
  const percentage = isOn ? sampleShare * 100 : 100;
  return {
    Name: 'Default',
    ModifiedAt: new Date(0),
    Rule: { Probabilistic: { DesiredSamplingPercentage: percentage, ActualSamplingPercentage: percentage } },
  };
}

function checkPolicy(document: string): void {
  try {
    const policy: unknown = JSON.parse(document);
    if (typeof policy === 'object' && policy !== null && 'Statement' in policy) return;
  } catch {
    // Answered below.
  }
  throw awsError('MalformedPolicyDocumentException', 'The policy document is no JSON policy with a Statement.');
}

/** Dates come back from the store as text. */
function withDate(policy: ResourcePolicy): ResourcePolicy {
  return { ...policy, LastUpdatedTime: new Date(policy.LastUpdatedTime as unknown as string) };
}

function toKeyArn({ account, region }: AccountRegion, keyId: string): string {
  return keyId.startsWith('arn:')
    ? keyId
    : `arn:aws:kms:${region}:${account}:${keyId.startsWith('alias/') ? '' : 'key/'}${keyId}`;
}

const scopeKey = ({ account, region }: AccountRegion): string => `${account}/${region}`;
const policyKey = (scope: AccountRegion, name: string): string => `${scopeKey(scope)}/${name}`;
