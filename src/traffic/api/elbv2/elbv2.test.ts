import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, forward, openBackend, openRig, type TrafficRig } from '../../traffic-rig.ts';

let rig: TrafficRig;
const code = (value: string) => ({ code: value });
const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } };

beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

test('making the same again gives the same; other settings, a taken port and a taken priority are refused', async () => {
  const { arn, listenerArn } = await rig.balancer('shop', [fixed]);
  const { Subnets } = await rig.call('DescribeSubnets');
  const ids = Subnets.map((subnet: { SubnetId: string }) => subnet.SubnetId);
  const again = await rig.call('CreateLoadBalancer', { Name: 'shop', Subnets: ids });
  expect(again.LoadBalancers[0]).toMatchObject({ LoadBalancerArn: arn, State: { Code: 'active' } });
  await expect(
    rig.call('CreateLoadBalancer', { Name: 'shop', Subnets: ids, Scheme: 'internal' }),
  ).rejects.toMatchObject(code('DuplicateLoadBalancerName'));
  await expect(rig.call('CreateLoadBalancer', { Name: 'x', Subnets: [ids[0]] })).rejects.toMatchObject(
    code('ValidationError'),
  );
  const listener = { LoadBalancerArn: arn, Protocol: 'HTTP', Port: 80, DefaultActions: [fixed] };
  await expect(rig.call('CreateListener', listener)).rejects.toMatchObject(code('DuplicateListener'));
  const rule = {
    ListenerArn: listenerArn,
    Priority: 5,
    Conditions: [{ Field: 'path-pattern', Values: ['/a'] }],
    Actions: [fixed],
  };
  const results = await Promise.allSettled([rig.call('CreateRule', rule), rig.call('CreateRule', rule)]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  const rules = await rig.call('DescribeRules', { ListenerArn: listenerArn });
  expect(rules.Rules.map((item: { Priority: string }) => item.Priority)).toEqual(['5', 'default']);
});

test('a target group in use cannot be deleted; deleting the balancer frees it', async () => {
  const group = await rig.group('web');
  const { arn } = await rig.balancer('shop', [forward(group)]);
  expect(await rig.traffic.findTargetGroup(group)).toMatchObject({ name: 'web', loadBalancerArns: [arn] });
  await expect(rig.call('DeleteTargetGroup', { TargetGroupArn: group })).rejects.toMatchObject(code('ResourceInUse'));
  await rig.call('DeleteLoadBalancer', { LoadBalancerArn: arn });
  await rig.call('DeleteTargetGroup', { TargetGroupArn: group });
  await expect(rig.call('DescribeTargetGroups', { TargetGroupArns: [group] })).rejects.toMatchObject(
    code('TargetGroupNotFound'),
  );
  await expect(rig.call('DescribeLoadBalancers', { Names: ['shop'] })).rejects.toMatchObject(
    code('LoadBalancerNotFound'),
  );
});

test('priorities can be exchanged in one call', async () => {
  const { listenerArn } = await rig.balancer('shop', [fixed]);
  const make = async (Priority: number, path: string): Promise<string> => {
    const Conditions = [{ Field: 'path-pattern', Values: [path] }];
    const { Rules } = await rig.call('CreateRule', {
      ListenerArn: listenerArn,
      Priority,
      Conditions,
      Actions: [fixed],
    });
    return Rules[0].RuleArn;
  };
  const [one, two] = [await make(1, '/a'), await make(2, '/b')];
  await rig.call('SetRulePriorities', {
    RulePriorities: [
      { RuleArn: one, Priority: 2 },
      { RuleArn: two, Priority: 1 },
    ],
  });
  const { Rules } = await rig.call('DescribeRules', { ListenerArn: listenerArn });
  expect(Rules[0].RuleArn).toBe(two);
  await expect(
    rig.call('SetRulePriorities', { RulePriorities: [{ RuleArn: one, Priority: 1 }] }),
  ).rejects.toMatchObject(code('PriorityInUse'));
});

test('health reasons: unused without a listener, not registered, failing codes; public addresses are refused', async () => {
  const backend = await openBackend((_, outgoing) => outgoing.writeHead(503).end());
  const group = await rig.group('web');
  await rig.register(group, backend.port);
  const health = async (input: object = {}) =>
    (await rig.call('DescribeTargetHealth', { TargetGroupArn: group, ...input })).TargetHealthDescriptions[0]
      .TargetHealth;
  expect(await health()).toMatchObject({ State: 'unused', Reason: 'Target.NotInUse' });
  expect(await health({ Targets: [{ Id: '10.9.9.9' }] })).toMatchObject({ Reason: 'Target.NotRegistered' });
  await expect(
    rig.call('RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: '8.8.8.8' }] }),
  ).rejects.toMatchObject(code('ValidationError'));
  await rig.balancer('shop', [forward(group)]);
  await rig.healthy(group, 1);
  expect(await health()).toEqual({ State: 'healthy' });
  await backend.close();
});

test('targets and rules survive a restart and are checked at once', async () => {
  const backend = await openBackend((_, outgoing) => outgoing.end('still here'));
  const group = await rig.group('web');
  const { dnsName } = await rig.balancer('shop', [forward(group)]);
  await rig.register(group, backend.port);
  await rig.healthy(group, 1);
  await rig.traffic.stop();
  const again = await openRig({ state: rig.state });
  await again.healthy(group, 1);
  expect((await ask(again, dnsName, '/')).body).toBe('still here');
  await again.close();
  await backend.close();
  await rig.state.close();
  rig = await openRig();
});

test('security groups: the default one is there, rules are added once and taken away', async () => {
  const { SecurityGroups } = await rig.call('DescribeSecurityGroups');
  expect(SecurityGroups[0]).toMatchObject({ GroupName: 'default' });
  const { GroupId } = await rig.call('CreateSecurityGroup', { GroupName: 'web', Description: 'web' });
  const ingress = { GroupId, IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' };
  await rig.call('AuthorizeSecurityGroupIngress', ingress);
  await expect(rig.call('AuthorizeSecurityGroupIngress', ingress)).rejects.toMatchObject(
    code('InvalidPermission.Duplicate'),
  );
  const described = async () => (await rig.call('DescribeSecurityGroups', { GroupIds: [GroupId] })).SecurityGroups[0];
  expect((await described()).IpPermissions).toMatchObject([
    { IpProtocol: 'tcp', FromPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
  ]);
  await rig.call('RevokeSecurityGroupIngress', ingress);
  expect((await described()).IpPermissions).toEqual([]);
  await rig.call('DeleteSecurityGroup', { GroupId });
  await expect(described()).rejects.toMatchObject(code('InvalidGroup.NotFound'));
});
