import { isIPv4, isIPv6 } from 'node:net';
import type { IpPermission } from '@aws-sdk/client-ec2';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { SecurityGroupRule } from '../../model.ts';

const protocolNumbers: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', all: '-1' };

/** One rule for each source of each permission. */
export function toRules(
  permissions: readonly IpPermission[],
  isEgress: boolean,
  newRuleId: () => string,
): SecurityGroupRule[] {
  return permissions.flatMap((permission) => {
    const given = permission.IpProtocol ?? '-1';
    const ipProtocol = protocolNumbers[given] ?? given;
    const ports =
      ipProtocol === '-1' || permission.FromPort === undefined
        ? {}
        : { fromPort: permission.FromPort, toPort: permission.ToPort ?? permission.FromPort };
    checkPorts(ipProtocol, ports);
    const rule = (source: Partial<SecurityGroupRule>, description: string | undefined): SecurityGroupRule => ({
      ruleId: newRuleId(),
      isEgress,
      ipProtocol,
      ...ports,
      ...source,
      ...(description === undefined ? {} : { description }),
    });
    return [
      ...(permission.IpRanges ?? []).map((range) => rule({ cidrIpv4: checkCidr(range.CidrIp, 4) }, range.Description)),
      ...(permission.Ipv6Ranges ?? []).map((range) =>
        rule({ cidrIpv6: checkCidr(range.CidrIpv6, 6) }, range.Description),
      ),
      ...(permission.UserIdGroupPairs ?? []).map((pair) =>
        rule({ referencedGroupId: pair.GroupId ?? '' }, pair.Description),
      ),
      ...(permission.PrefixListIds ?? []).map((list) =>
        rule({ prefixListId: list.PrefixListId ?? '' }, list.Description),
      ),
    ];
  });
}

/** The same in everything but id and description. */
export const sameRule = (one: SecurityGroupRule, other: SecurityGroupRule): boolean =>
  identity(one) === identity(other);

const identity = (rule: SecurityGroupRule): string =>
  JSON.stringify([
    rule.isEgress,
    rule.ipProtocol,
    rule.fromPort,
    rule.toPort,
    rule.cidrIpv4,
    rule.cidrIpv6,
    rule.referencedGroupId,
    rule.prefixListId,
  ]);

/** Permissions as EC2 shows them: sources of the same protocol and ports together. */
export function toPermissions(rules: readonly SecurityGroupRule[], account: string): IpPermission[] {
  const groups = new Map<string, SecurityGroupRule[]>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.ipProtocol, rule.fromPort, rule.toPort]);
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups.values()].map((group): IpPermission => {
    const [{ ipProtocol, fromPort, toPort }] = group as [SecurityGroupRule];
    const described = (rule: SecurityGroupRule) => (rule.description ? { Description: rule.description } : {});
    return {
      IpProtocol: ipProtocol,
      ...(fromPort === undefined ? {} : { FromPort: fromPort, ToPort: toPort }),
      IpRanges: group.flatMap((rule) => (rule.cidrIpv4 ? [{ CidrIp: rule.cidrIpv4, ...described(rule) }] : [])),
      Ipv6Ranges: group.flatMap((rule) => (rule.cidrIpv6 ? [{ CidrIpv6: rule.cidrIpv6, ...described(rule) }] : [])),
      UserIdGroupPairs: group.flatMap((rule) =>
        rule.referencedGroupId ? [{ GroupId: rule.referencedGroupId, UserId: account, ...described(rule) }] : [],
      ),
      PrefixListIds: group.flatMap((rule) =>
        rule.prefixListId ? [{ PrefixListId: rule.prefixListId, ...described(rule) }] : [],
      ),
    };
  });
}

function checkCidr(cidr: string | undefined, family: 4 | 6): string {
  const [address = '', bits = ''] = (cidr ?? '').split('/');
  const fits = family === 4 ? isIPv4(address) : isIPv6(address);
  if (fits && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)) return cidr!;
  throw awsError('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
}

function checkPorts(protocol: string, ports: { fromPort?: number; toPort?: number }): void {
  if (protocol !== 'tcp' && protocol !== 'udp') return;
  const { fromPort = 0, toPort = 65_535 } = ports;
  if (fromPort >= 0 && toPort <= 65_535 && fromPort <= toPort) return;
  throw awsError('InvalidParameterValue', `Invalid port range ${fromPort}-${toPort}`);
}
