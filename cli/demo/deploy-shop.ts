import type { CreateServiceCommandInput, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../aws-clients.ts';
import { readShopDefinition, shopServices } from './shop-files.ts';
import { shop } from './shop-names.ts';
import { createBackendRole, createExecutionRole } from './shop-roles.ts';

export interface DeployedShop {
  readonly loadBalancerDnsName: string;
}

/** Deploys `examples/shop` through the public APIs. What is there already is left as it is, so it may be called again. */
export async function deployShop(
  clients: AwsClients,
  scope: { account: string; region: string },
  onStep: (text: string) => void,
): Promise<DeployedShop> {
  onStep('network: subnets and a security group');
  const subnets = await findSubnets(clients);
  const securityGroup = await ensureSecurityGroup(clients);
  onStep('load balancer, target groups and listener rules');
  const balancer = await ensureLoadBalancer(clients, subnets, securityGroup);
  onStep('service discovery: backend1.shop.local and backend2.shop.local');
  const registries = await ensureDiscovery(clients);
  onStep('table, roles and sampling rules');
  await ensureTable(clients);
  await createExecutionRole(clients);
  await createBackendRole(clients, scope);
  await ensureSamplingRules(clients);
  const ecs = await clients.ecs();
  await ecs.createCluster({ clusterName: shop.cluster, settings: [{ name: 'containerInsights', value: 'enhanced' }] });
  const values: Record<string, string> = {
    ACCOUNT_ID: scope.account,
    AWS_REGION: scope.region,
    SUBNET_1: subnets[0]!,
    SUBNET_2: subnets[1]!,
    SECURITY_GROUP: securityGroup,
    TARGET_GROUP_FRONTEND: balancer.targetGroups.frontend,
    TARGET_GROUP_BFF: balancer.targetGroups.bff,
    REGISTRY_BACKEND1: registries.backend1,
    REGISTRY_BACKEND2: registries.backend2,
  };
  // Backends first: the bff calls them from its first request on.
  for (const name of [...shopServices].reverse()) {
    onStep(`service ${name}`);
    await ensureService(clients, name, values);
  }
  return { loadBalancerDnsName: balancer.dnsName };
}

async function findSubnets(clients: AwsClients): Promise<string[]> {
  const { Subnets = [] } = await (await clients.ec2()).describeSubnets({});
  if (Subnets.length < 2) throw new Error('the default VPC has fewer than two subnets');
  return Subnets.map((subnet) => subnet.SubnetId!);
}

async function ensureSecurityGroup(clients: AwsClients): Promise<string> {
  const ec2 = await clients.ec2();
  const existing = await ec2.describeSecurityGroups({ Filters: [{ Name: 'group-name', Values: ['shop'] }] });
  if (existing.SecurityGroups?.[0]) return existing.SecurityGroups[0].GroupId!;
  const { Vpcs = [] } = await ec2.describeVpcs({});
  const { GroupId } = await ec2.createSecurityGroup({
    GroupName: 'shop',
    Description: 'web traffic to the shop',
    VpcId: Vpcs[0]!.VpcId!,
  });
  await ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpProtocol: 'tcp',
    FromPort: 80,
    ToPort: 80,
    CidrIp: '0.0.0.0/0',
  });
  return GroupId!;
}

async function ensureLoadBalancer(clients: AwsClients, subnets: string[], securityGroup: string) {
  const elbv2 = await clients.elbv2();
  const { LoadBalancers = [] } = await elbv2.createLoadBalancer({
    Name: shop.loadBalancer,
    Subnets: subnets.slice(0, 2),
    SecurityGroups: [securityGroup],
    Scheme: 'internet-facing',
    Type: 'application',
  });
  const { LoadBalancerArn, DNSName, VpcId } = LoadBalancers[0]!;
  const targetGroup = async (name: string): Promise<string> => {
    const { TargetGroups = [] } = await elbv2.createTargetGroup({
      Name: `shop-${name}`,
      Protocol: 'HTTP',
      Port: 80,
      VpcId,
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 4,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    });
    return TargetGroups[0]!.TargetGroupArn!;
  };
  const targetGroups = { frontend: await targetGroup('frontend'), bff: await targetGroup('bff') };
  const { Listeners = [] } = await elbv2.describeListeners({ LoadBalancerArn });
  const listener =
    Listeners[0] ??
    (
      await elbv2.createListener({
        LoadBalancerArn,
        Protocol: 'HTTP',
        Port: 80,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroups.frontend }],
      })
    ).Listeners![0]!;
  const { Rules = [] } = await elbv2.describeRules({ ListenerArn: listener.ListenerArn });
  if (Rules.every(({ IsDefault }) => IsDefault)) {
    await elbv2.createRule({
      ListenerArn: listener.ListenerArn,
      Priority: 1,
      Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }],
      Actions: [{ Type: 'forward', TargetGroupArn: targetGroups.bff }],
    });
  }
  return { dnsName: DNSName!, targetGroups };
}

async function ensureDiscovery(clients: AwsClients): Promise<{ backend1: string; backend2: string }> {
  const client = await clients.servicediscovery();
  const find = async () =>
    (await client.listNamespaces({})).Namespaces?.find((namespace) => namespace.Name === shop.namespace)?.Id;
  let namespaceId = await find();
  if (!namespaceId) {
    const { Vpcs = [] } = await (await clients.ec2()).describeVpcs({});
    const { OperationId } = await client.createPrivateDnsNamespace({ Name: shop.namespace, Vpc: Vpcs[0]!.VpcId! });
    for (let attempt = 0; attempt < 50; attempt++) {
      const { Operation } = await client.getOperation({ OperationId });
      if (Operation?.Status === 'SUCCESS') break;
      if (Operation?.Status === 'FAIL') throw new Error(`cannot make ${shop.namespace}: ${Operation.ErrorMessage}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    namespaceId = await find();
  }
  const { Services = [] } = await client.listServices({
    Filters: [{ Name: 'NAMESPACE_ID', Values: [namespaceId!] }],
  });
  const ensure = async (name: string): Promise<string> => {
    const existing = Services.find((service) => service.Name === name);
    if (existing) return existing.Arn!;
    const { Service } = await client.createService({
      Name: name,
      NamespaceId: namespaceId,
      DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 10 }] },
      HealthCheckCustomConfig: { FailureThreshold: 1 },
    });
    return Service!.Arn!;
  };
  return { backend1: await ensure('backend1'), backend2: await ensure('backend2') };
}

async function ensureTable(clients: AwsClients): Promise<void> {
  const dynamodb = await clients.dynamodb();
  try {
    await dynamodb.createTable({
      TableName: shop.table,
      AttributeDefinitions: [{ AttributeName: 'service', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'service', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
  } catch (error) {
    if ((error as Error).name !== 'ResourceInUseException') throw error;
  }
  const { waitUntilTableExists } = await import('@aws-sdk/client-dynamodb');
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { TableName: shop.table },
  );
}

async function ensureSamplingRules(clients: AwsClients): Promise<void> {
  const xray = await clients.xray();
  const { SamplingRuleRecords = [] } = await xray.getSamplingRules({});
  const known = new Set(SamplingRuleRecords.map((record) => record.SamplingRule?.RuleName));
  const anyRequest = { ServiceName: '*', ServiceType: '*', Host: '*', ResourceARN: '*', Version: 1 };
  const rules = [
    {
      ...anyRequest,
      RuleName: 'shop-no-health-checks',
      Priority: 1,
      HTTPMethod: 'GET',
      URLPath: '/health',
      FixedRate: 0,
      ReservoirSize: 0,
    },
    {
      ...anyRequest,
      RuleName: 'shop-everything-else',
      Priority: 100,
      HTTPMethod: '*',
      URLPath: '*',
      FixedRate: 1,
      ReservoirSize: 0,
    },
  ];
  for (const rule of rules) if (!known.has(rule.RuleName)) await xray.createSamplingRule({ SamplingRule: rule });
}

async function ensureService(
  clients: AwsClients,
  name: (typeof shopServices)[number],
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const ecs = await clients.ecs();
  const { services = [] } = await ecs.describeServices({ cluster: shop.cluster, services: [name] });
  if (services.some((service) => service.status === 'ACTIVE')) return;
  await ecs.registerTaskDefinition(
    readShopDefinition<RegisterTaskDefinitionCommandInput>(`${name}.task-definition`, values),
  );
  await ecs.createService(readShopDefinition<CreateServiceCommandInput>(`${name}.service`, values));
}
