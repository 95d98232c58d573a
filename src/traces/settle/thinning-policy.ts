import { z } from 'zod';
import { retryWhenStale } from '../../stores/state/retried-when-stale.ts';
import type { Change, StateStore } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { ThinningPolicy } from './decide-thinning.ts';

const kind = 'xray-thinning';
const share = z.number().min(0).max(1);

const rules = z.strictObject({
  isOn: z.boolean().optional(),
  hotHours: z.number().min(1).max(8760).optional(),
  pressureShare: share.optional(),
  dayBytesMin: z.number().int().min(0).optional(),
  slowestShare: share.optional(),
  rareBelow: z.number().int().min(0).max(1_000_000).optional(),
  sampleShare: share.optional(),
});
/** What `PUT /_hatoba/traces/thinning` takes. What is left out stays as it is; `null` takes a group's days back. */
const change = z.strictObject({
  policy: rules.optional(),
  groupKeepDays: z
    .record(z.string().max(32), z.number().int().min(1).max(3650).nullable())
    .refine((groups) => Object.keys(groups).length <= 100, 'at most 100 groups')
    .optional(),
});

export type PolicyChange = z.infer<typeof change>;

const defaultThinning: ThinningPolicy = {
  isOn: true,
  hotHours: 48,
  pressureShare: 0.7,
  dayBytesMin: 64_000_000,
  slowestShare: 0.01,
  rareBelow: 10,
  sampleShare: 0.1,
};

/** What was set through the door, over what the settings of this hatoba say. */
export class PolicyStore {
  private readonly state: StateStore;
  private readonly fallback: ThinningPolicy;

  constructor(state: StateStore, settings: Partial<ThinningPolicy>) {
    this.state = state;
    this.fallback = { ...defaultThinning, ...settings };
  }

  async read(): Promise<ThinningPolicy> {
    const stored = await this.state.get<Partial<ThinningPolicy>>(kind, 'policy');
    return { ...this.fallback, ...stored?.value };
  }

  /** Accounts and regions where some group says how long it keeps its traces, with the days of each. */
  async readAllGroups(): Promise<(AccountRegion & { days: Record<string, number> })[]> {
    const stored = await this.state.list<Record<string, number>>(kind, '');
    return stored
      .filter(({ key, value }) => key !== 'policy' && Object.keys(value).length > 0)
      .map(({ key, value }) => {
        const [account = '', region = ''] = key.split('/');
        return { account, region, days: value };
      });
  }

  /** Days for which all traces of a group are kept, and after which they go, by the group's name. */
  async readGroups({ account, region }: AccountRegion): Promise<Record<string, number>> {
    return (await this.state.get<Record<string, number>>(kind, `${account}/${region}`))?.value ?? {};
  }

  /** Several at once each find what they set. */
  async write(scope: AccountRegion, { policy, groupKeepDays }: PolicyChange): Promise<void> {
    const merge = async (key: string, members: object | undefined): Promise<Change[]> => {
      if (!members) return [];
      const stored = await this.state.get<object>(kind, key);
      const wanted = Object.entries({ ...stored?.value, ...members }).filter(([, value]) => value !== null);
      return [{ kind, key, expect: stored?.version ?? 'absent', put: Object.fromEntries(wanted) }];
    };
    await retryWhenStale(async () => {
      const ofGroups = await merge(`${scope.account}/${scope.region}`, groupKeepDays);
      await this.state.commit([...(await merge('policy', policy)), ...ofGroups]);
    });
  }
}

/** A group that is no more keeps nothing: what says so, to be committed with its end. */
export async function forgetGroup(state: StateStore, scope: AccountRegion, group: string): Promise<Change[]> {
  const key = `${scope.account}/${scope.region}`;
  const stored = await state.get<Record<string, number>>(kind, key);
  if (stored?.value[group] === undefined) return [];
  const { [group]: _, ...put } = stored.value;
  return [{ kind, key, expect: stored.version, put }];
}

/** Tables that what is known of traces is in: they are kept as long as the longest group keeps its traces. */
const tablesOfTraces = [
  'segments',
  'calls',
  'span_links',
  'trace_summaries',
  'trace_weights',
  'trace_thinned',
  'trace_removed',
  'trace_map_minutes',
  'trace_map_hours',
  'trace_map_settled',
];

/** Days of tables that groups of any account want kept: for the store, which drops whole days. */
export async function longestGroupDays(state: StateStore): Promise<ReadonlyMap<string, number>> {
  const days = (await new PolicyStore(state, {}).readAllGroups()).flatMap(({ days }) => Object.values(days));
  return new Map(days.length === 0 ? [] : tablesOfTraces.map((table) => [table, Math.max(...days)]));
}

/** Throws InvalidRequestException that says which member is wrong. */
export function parsePolicyChange(text: string): PolicyChange {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw awsError('InvalidRequestException', 'The policy is not JSON.');
  }
  const parsed = change.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw awsError('InvalidRequestException', `${issue.path.join('.') || 'policy'}: ${issue.message}`);
}
