import type { AwsClients } from '../aws-clients.ts';
import { shop } from './shop-names.ts';

/** A heartbeat canary on the load balancer's address, and an alarm on its failures. */
export async function createShopWatch(
  clients: AwsClients,
  scope: { account: string; region: string },
  loadBalancerDnsName: string,
): Promise<void> {
  const synthetics = await clients.synthetics();
  const { Canaries = [] } = await synthetics.describeCanaries({});
  const existing = Canaries.find((canary) => canary.Name === shop.canary);
  if (!existing) {
    await synthetics.createCanary({
      Name: shop.canary,
      Code: { Handler: 'pageLoadBlueprint.handler' },
      ArtifactS3Location: `s3://cw-syn-results-${scope.account}-${scope.region}/canary`,
      ExecutionRoleArn: `arn:aws:iam::${scope.account}:role/shop-execution`,
      Schedule: { Expression: 'rate(1 minute)' },
      RuntimeVersion: 'syn-nodejs-puppeteer-9.1',
      RunConfig: { TimeoutInSeconds: 30, EnvironmentVariables: { URL: `http://${loadBalancerDnsName}/` } },
    });
  }
  // One that somebody has stopped stays so.
  if (!existing || existing.Status?.State === 'READY') await synthetics.startCanary({ Name: shop.canary });
  await (await clients.cloudwatch()).putMetricAlarm({
    AlarmName: shop.alarm,
    AlarmDescription: 'The heartbeat canary of the shop fails.',
    Namespace: 'CloudWatchSynthetics',
    MetricName: 'SuccessPercent',
    Dimensions: [{ Name: 'CanaryName', Value: shop.canary }],
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 2,
    Threshold: 90,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'missing',
  });
}
