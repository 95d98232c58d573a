import type { AccessKey, Decision } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { Principal } from '../wire/aws/call-context.ts';
import type { ServiceTable } from '../wire/aws/service-table.ts';
import { type CallRecord, createGateway, type Gateway, type GatewayConfig, type GatewayDependencies } from './index.ts';

/** Keys and permissions of a test, and what the gateway asked about them. */
export class FakeIdentity {
  readonly keys = new Map<string, AccessKey>();
  readonly asked: { principal: Principal; action: string; resources: readonly string[]; conditions: object }[] = [];
  decide: (action: string) => Decision = () => ({ allowed: true });

  findAccessKey = async (id: string): Promise<AccessKey | undefined> => this.keys.get(id);

  authorize: GatewayDependencies['identity']['authorize'] = async (principal, action, resources, conditions) => {
    this.asked.push({ principal, action, resources, conditions });
    return this.decide(action);
  };
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly endpoint: string;
  readonly identity: FakeIdentity;
  readonly records: CallRecord[];
  stop(): Promise<void>;
}

/** A started, ready gateway on a free port of loopback, in front of a few operations that answer from their input. */
export async function startTestGateway(
  overrides: Partial<GatewayConfig> = {},
  more: Partial<GatewayDependencies> = {},
): Promise<TestGateway> {
  const identity = new FakeIdentity();
  const records: CallRecord[] = [];
  const gateway = createGateway({
    config: {
      host: '127.0.0.1',
      port: 0,
      auth: 'open',
      account: '000000000000',
      allowedHosts: [],
      corsOrigins: [],
      bodyBytesMax: 1_000_000,
      ...overrides,
    },
    services: echoServices,
    routes: [],
    identity,
    clock: systemClock,
    logger: silentLogger,
    onCall: (record) => records.push(record),
    ...more,
  });
  await gateway.start();
  gateway.setReady();
  return {
    gateway,
    endpoint: `http://127.0.0.1:${gateway.port}`,
    identity,
    records,
    stop: () => gateway.stop(),
  };
}

export const echoServices: readonly ServiceTable[] = [
  {
    service: 'ecs',
    handlers: {
      CreateCluster: (input, context) => ({
        cluster: {
          clusterName: input.clusterName,
          clusterArn: `arn:aws:ecs:${context.region}:${context.account}:cluster/${input.clusterName}`,
          status: undefined,
          tags: input.tags,
        },
      }),
      DescribeServices: () => {
        throw awsError('ClusterNotFoundException', 'Cluster not found.');
      },
      ListClusters: () => {
        throw new TypeError('a bug');
      },
    },
    resources: (operation, input, context) =>
      operation === 'CreateCluster'
        ? [`arn:aws:ecs:${context.region}:${context.account}:cluster/${input.clusterName}`]
        : ['*'],
  },
  {
    service: 'xray',
    handlers: {
      PutTraceSegments: (input) => ({
        UnprocessedTraceSegments: input.TraceSegmentDocuments.map((document: string) => ({ Message: document })),
      }),
    },
  },
  {
    service: 'cloudwatch',
    handlers: {
      GetMetricStatistics: (input) => ({
        Label: input.MetricName,
        Datapoints: [{ Timestamp: input.StartTime, Sum: 1.5, Unit: 'Count' }],
      }),
      PutMetricData: () => undefined,
      GetDashboard: () => {
        throw awsError('ResourceNotFound', 'Dashboard does not exist');
      },
    },
  },
  {
    service: 'sts',
    handlers: {
      GetCallerIdentity: (_input, context) => ({
        Account: context.account,
        Arn: context.principal.arn,
        UserId: context.principal.userId,
      }),
    },
  },
  {
    service: 'elbv2',
    handlers: {
      DescribeLoadBalancers: (input) => {
        if (input.Names) throw awsError('LoadBalancerNotFound', `Load balancers '[${input.Names}]' not found`);
        return { LoadBalancers: [] };
      },
    },
  },
  {
    service: 'ec2',
    handlers: {
      DescribeVpcs: (input) => {
        if (input.VpcIds) {
          throw awsError('InvalidVpcID.NotFound', `The vpc ID '${input.VpcIds[0]}' does not exist`, 400);
        }
        return {
          Vpcs: [
            {
              VpcId: 'vpc-1',
              CidrBlock: '172.31.0.0/16',
              IsDefault: true,
              Tags: input.Filters?.[0]?.Values?.map((v: string) => ({ Key: 'v', Value: v })),
            },
          ],
        };
      },
    },
  },
  { service: 'logs', handlers: { PutLogEvents: (input) => ({ nextSequenceToken: String(input.logEvents.length) }) } },
];
