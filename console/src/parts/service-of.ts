import { describeServices, listClusters, listServices } from '../api/ecs.ts';
import { useLive } from '../app/scope.ts';
import { lastPart } from './arn.ts';

/** Finds the ECS service that a trace node's name belongs to: the one with the same name, in whatever cluster. */
export function useServiceOf(): (name: string) => { cluster: string; service: string } | undefined {
  const services = useAllServices();
  return (name) => {
    const found = services.data?.find((service) => service.serviceName === name);
    return found ? { cluster: lastPart(found.clusterArn), service: found.serviceName } : undefined;
  };
}

/** Every service of every cluster. */
export function useAllServices() {
  return useLive(
    ['all-services'],
    async ({ scope, signal }) => {
      const clusters = await listClusters(scope, signal);
      const perCluster = await Promise.all(
        clusters.map(async (cluster) =>
          describeServices(scope, cluster, await listServices(scope, cluster, signal), signal),
        ),
      );
      return perCluster.flat();
    },
    { ranged: false, refreshMs: 10_000 },
  );
}
