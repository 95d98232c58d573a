import { ECS } from '@aws-sdk/client-ecs';
import { expect } from 'vitest';
import type { HatobaProcess } from './hatoba-process.ts';

/** Whatever came in: the same process answers its health and an ordinary call. */
export async function expectUndisturbed(hatoba: HatobaProcess): Promise<void> {
  expect([hatoba.child.exitCode, hatoba.child.signalCode]).toEqual([null, null]);
  const health = await fetch(`${hatoba.url}/_hatoba/health`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'ready' }]);
  const ecs = new ECS(clientSettings(hatoba));
  const { clusters } = await ecs.describeClusters({});
  ecs.destroy();
  expect(clusters).toBeInstanceOf(Array);
}

/** For any SDK v3 client; without retries, so that a refusal is seen as it came. */
export function clientSettings(hatoba: HatobaProcess) {
  return {
    endpoint: hatoba.url,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' },
    maxAttempts: 1,
    disableHostPrefix: true,
  };
}
