import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { ComputeStore } from '../store.ts';

/** What applies where nobody has set anything. The long ARN formats can no longer be turned off. */
export const settingDefaults = {
  serviceLongArnFormat: 'enabled',
  taskLongArnFormat: 'enabled',
  containerInstanceLongArnFormat: 'enabled',
  awsvpcTrunking: 'disabled',
  containerInsights: 'disabled',
  fargateFIPSMode: 'disabled',
  tagResourceAuthorization: 'off',
  fargateTaskRetirementWaitPeriod: '7',
  guardDutyActivate: 'off',
  defaultLogDriverMode: 'non-blocking',
} as const;

export type SettingName = keyof typeof settingDefaults;

/** The principal's own value, else the account's default, else ours. */
export function effectiveSetting(
  store: ComputeStore,
  scope: AccountRegion,
  name: SettingName,
  principalArn: string,
): string {
  const own = store.accountSettings.get(settingKey(scope, name, principalArn));
  const ofAccount = store.accountSettings.get(settingKey(scope, name, ''));
  return own?.value ?? ofAccount?.value ?? settingDefaults[name];
}

/** `principalArn` is empty for the account's default. */
export const settingKey = (scope: AccountRegion, name: string, principalArn: string): string =>
  `${scope.account}/${scope.region}/${name}/${principalArn}`;
