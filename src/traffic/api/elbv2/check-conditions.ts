import { isIP } from 'node:net';
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsError } from '../../../wire/aws/aws-error.ts';

const valuesMax = 5;
const wildcardsMax = 5;

const invalid = (message: string) => awsError('ValidationError', message);

/** Conditions as they are kept: each with its own config, and `Values` beside it where AWS shows them. */
export function checkConditions(conditions: readonly RuleCondition[] | undefined): RuleCondition[] {
  if (!conditions?.length) throw invalid('At least one condition must be specified');
  const checked = conditions.map(checkCondition);
  const values = checked.flatMap(conditionValues);
  if (values.length > valuesMax) {
    throw awsError('TooManyRules', `A rule has at most ${valuesMax} condition values`);
  }
  const wildcards = values.join('').match(/[*?]/g)?.length ?? 0;
  if (wildcards > wildcardsMax) throw invalid(`A rule has at most ${wildcardsMax} wildcard characters`);
  for (const field of ['host-header', 'path-pattern', 'http-request-method', 'source-ip']) {
    if (checked.filter((condition) => condition.Field === field).length > 1) {
      throw invalid(`A rule can have only one '${field}' condition`);
    }
  }
  return checked;
}

function checkCondition(condition: RuleCondition): RuleCondition {
  const { Field: field } = condition;
  switch (field) {
    case 'host-header': {
      refuseRegex(condition.HostHeaderConfig);
      const values = needValues(field, condition.HostHeaderConfig?.Values ?? condition.Values);
      for (const value of values) {
        if (value.length > 128 || !/^[A-Za-z0-9.*?-]+$/.test(value)) throw badValue(field, value);
      }
      return { Field: field, Values: values, HostHeaderConfig: { Values: values } };
    }
    case 'path-pattern': {
      refuseRegex(condition.PathPatternConfig);
      const values = needValues(field, condition.PathPatternConfig?.Values ?? condition.Values);
      for (const value of values) {
        if (value.length > 128 || !/^[A-Za-z0-9_\-.$/~"'@:+&()!,;=*?%]+$/.test(value)) throw badValue(field, value);
      }
      return { Field: field, Values: values, PathPatternConfig: { Values: values } };
    }
    case 'http-header': {
      refuseRegex(condition.HttpHeaderConfig);
      const name = condition.HttpHeaderConfig?.HttpHeaderName ?? '';
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/.test(name) || name.toLowerCase() === 'host') {
        throw invalid(`The HTTP header name '${name}' is not valid`);
      }
      const values = needValues(field, condition.HttpHeaderConfig?.Values);
      return { Field: field, HttpHeaderConfig: { HttpHeaderName: name, Values: values } };
    }
    case 'http-request-method': {
      const values = needValues(field, condition.HttpRequestMethodConfig?.Values);
      for (const value of values) if (!/^[A-Z_-]{1,40}$/.test(value)) throw badValue(field, value);
      return { Field: field, HttpRequestMethodConfig: { Values: values } };
    }
    case 'query-string': {
      const values = condition.QueryStringConfig?.Values ?? [];
      if (values.length === 0) throw invalid('A query-string condition needs a value');
      for (const { Value } of values) if (!Value) throw invalid('A query-string condition needs a value');
      return { Field: field, QueryStringConfig: { Values: values } };
    }
    case 'source-ip': {
      const values = needValues(field, condition.SourceIpConfig?.Values);
      for (const value of values) if (!isCidr(value)) throw badValue(field, value);
      return { Field: field, SourceIpConfig: { Values: values } };
    }
    default:
      throw invalid(
        `Condition field '${field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'`,
      );
  }
}

/** The matched texts of one condition; for the limits. */
const conditionValues = (condition: RuleCondition): string[] => [
  ...(condition.HostHeaderConfig?.Values ?? []),
  ...(condition.PathPatternConfig?.Values ?? []),
  ...(condition.HttpHeaderConfig?.Values ?? []),
  ...(condition.HttpRequestMethodConfig?.Values ?? []),
  ...(condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => `${Key ?? ''}${Value ?? ''}`),
  ...(condition.SourceIpConfig?.Values ?? []),
];

function needValues(field: string, values: readonly string[] | undefined): string[] {
  if (!values?.length) throw invalid(`A condition value must be specified for '${field}'`);
  if (values.some((value) => value.length === 0 || value.length > 128)) {
    throw invalid(`Condition values of '${field}' have 1-128 characters`);
  }
  return [...values];
}

/** A regular expression can be written so that one request takes minutes; nothing here could interrupt it. */
function refuseRegex(config: { RegexValues?: readonly string[] | undefined } | undefined): void {
  if (config?.RegexValues?.length) {
    throw awsError('InvalidConfigurationRequest', 'RegexValues are not supported here; use wildcards.');
  }
}

const badValue = (field: string, value: string) => invalid(`The condition value '${value}' of '${field}' is not valid`);

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
