import type { Connection } from './instance.ts';

// The SDK is pinned; its notice about newer versions says nothing to the person at the terminal.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/**
 * AWS SDK clients for one hatoba, each loaded when it is first used: start-up of the command line stays short.
 */
export function awsClients(connection: Connection) {
  const settings = {
    endpoint: connection.endpoint,
    region: connection.region,
    credentials: connection.credentials,
    disableHostPrefix: true,
    maxAttempts: 3,
  };
  return {
    ecs: once(async () => new (await import('@aws-sdk/client-ecs')).ECS(settings)),
    ec2: once(async () => new (await import('@aws-sdk/client-ec2')).EC2(settings)),
    elbv2: once(
      async () => new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2(settings),
    ),
    iam: once(async () => new (await import('@aws-sdk/client-iam')).IAM(settings)),
    sts: once(async () => new (await import('@aws-sdk/client-sts')).STS(settings)),
    xray: once(async () => new (await import('@aws-sdk/client-xray')).XRay(settings)),
    logs: once(async () => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs(settings)),
    cloudwatch: once(async () => new (await import('@aws-sdk/client-cloudwatch')).CloudWatch(settings)),
    dynamodb: once(async () => new (await import('@aws-sdk/client-dynamodb')).DynamoDB(settings)),
    servicediscovery: once(
      async () => new (await import('@aws-sdk/client-servicediscovery')).ServiceDiscovery(settings),
    ),
    synthetics: once(async () => new (await import('@aws-sdk/client-synthetics')).Synthetics(settings)),
  };
}

export type AwsClients = ReturnType<typeof awsClients>;

function once<Client>(make: () => Promise<Client>): () => Promise<Client> {
  let made: Promise<Client> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
