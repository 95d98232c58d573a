import { repositoryOf } from './image-name.ts';

/** A sidecar whose work hatoba does itself. */
export interface StandIn {
  readonly title: string;
  /** What the sidecar's container prints when it starts. */
  readonly message: string;
}

const xrayDaemon: StandIn = {
  title: 'the X-Ray daemon',
  message: 'hatoba receives segments itself: programs of this task send them to port 2000 of hatoba',
};
const otelCollector: StandIn = {
  title: 'the ADOT collector',
  message: 'hatoba receives OTLP itself: programs of this task send it to ports 4317 and 4318 of hatoba',
};
const logRouter: StandIn = {
  title: 'the log router',
  message: 'hatoba reads the output of this task’s containers itself',
};
const cloudWatchAgent: StandIn = {
  title: 'the CloudWatch agent',
  message: 'hatoba measures containers itself',
};

const standIns: Readonly<Record<string, StandIn>> = {
  'amazon/aws-xray-daemon': xrayDaemon,
  'xray/aws-xray-daemon': xrayDaemon,
  'amazon/aws-otel-collector': otelCollector,
  'aws-observability/aws-otel-collector': otelCollector,
  'amazon/aws-for-fluent-bit': logRouter,
  'aws-observability/aws-for-fluent-bit': logRouter,
  'aws-for-fluent-bit': logRouter,
  'fluent/fluent-bit': logRouter,
  'amazon/cloudwatch-agent': cloudWatchAgent,
  'cloudwatch-agent/cloudwatch-agent': cloudWatchAgent,
};

export function findStandIn(image: string): StandIn | undefined {
  const repository = repositoryOf(image);
  return Object.hasOwn(standIns, repository) ? standIns[repository] : undefined;
}

/** Says what it stands for and waits to be stopped; leaves no child behind when SIGTERM comes. */
export function standInCommand(standIn: StandIn): string[] {
  const script = `trap 'kill $child 2>/dev/null; exit 0' TERM INT; echo "hatoba stands in for $1: $2"; sleep 2147483647 & child=$!; wait $child`;
  return ['/bin/sh', '-c', script, 'stand-in', standIn.title, standIn.message];
}
