import type { Setting } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion, CallContext } from '../../wire/aws/call-context.ts';
import type { AccountSettingRecord } from '../model.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { effectiveSetting, type SettingName, settingDefaults, settingKey } from './effective-setting.ts';
import { paginate, scopeOf } from './resolve.ts';

export function accountSettingHandlers({ store }: ApiDeps): EcsHandlers {
  const put = async (
    context: CallContext,
    name: string | undefined,
    value: string | undefined,
    principalArn: string,
  ) => {
    const known = knownName(name);
    if (known.endsWith('LongArnFormat') && value !== 'enabled') {
      throw awsError('InvalidParameterException', `You can no longer disable ${known}.`);
    }
    const scope = scopeOf(context);
    const record: AccountSettingRecord = { ...scope, name: known, value: value ?? '', principalArn };
    const key = settingKey(scope, known, principalArn);
    await store.transact(() => ({ writes: [{ mirror: store.accountSettings, key, put: record }], result: undefined }));
    return { setting: settingOf(known, record.value, principalArn || rootArn(scope)) };
  };

  return {
    PutAccountSetting: (input, context) =>
      put(context, input.name, input.value, input.principalArn ?? context.principal.arn),

    PutAccountSettingDefault: (input, context) => put(context, input.name, input.value, ''),

    DeleteAccountSetting: async (input, context) => {
      const scope = scopeOf(context);
      const name = knownName(input.name);
      const principalArn = input.principalArn ?? context.principal.arn;
      const key = settingKey(scope, name, principalArn);
      const before = await store.transact(() => {
        const found = store.accountSettings.get(key);
        return { writes: found === undefined ? [] : [{ mirror: store.accountSettings, key }], result: found };
      });
      return { setting: settingOf(name, before?.value ?? settingDefaults[name], principalArn) };
    },

    ListAccountSettings: (input, context) => {
      const scope = scopeOf(context);
      const principalArn = input.principalArn ?? context.principal.arn;
      const names =
        input.name === undefined ? (Object.keys(settingDefaults) as SettingName[]) : [knownName(input.name)];
      const settings = names.flatMap((name) => {
        const value = input.effectiveSettings
          ? effectiveSetting(store, scope, name, principalArn)
          : store.accountSettings.get(settingKey(scope, name, principalArn))?.value;
        const wanted = value !== undefined && (input.value === undefined || input.value === value);
        return wanted ? settingOf(name, value, principalArn) : [];
      });
      const page = paginate(settings, input);
      return { settings: page.items, nextToken: page.nextToken };
    },
  };
}

function knownName(name: string | undefined): SettingName {
  if (name === undefined || !(name in settingDefaults)) {
    throw awsError('InvalidParameterException', `There is no account setting ${name}.`);
  }
  return name as SettingName;
}

const rootArn = (scope: AccountRegion): string => `arn:aws:iam::${scope.account}:root`;

const settingOf = (name: SettingName, value: string, principalArn: string): Setting => ({
  name,
  value,
  principalArn,
  type: name === 'guardDutyActivate' ? 'aws_managed' : 'user',
});
