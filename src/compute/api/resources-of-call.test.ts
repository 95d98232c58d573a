import { expect, it } from 'vitest';
import { resourcesOfCall } from './resources-of-call.ts';

const scope = { account: '111122223333', region: 'eu-west-1' };
const arn = (resource: string) => `arn:aws:ecs:eu-west-1:111122223333:${resource}`;

it.each([
  ['UpdateService', { cluster: 'shop', service: 'web' }, [arn('service/shop/web')]],
  ['UpdateService', { cluster: arn('cluster/shop'), service: 'web' }, [arn('service/shop/web')]],
  ['DescribeServices', { services: ['a', arn('service/x/b')] }, [arn('service/default/a'), arn('service/default/b')]],
  ['UpdateService', { cluster: 'prod', service: arn('service/shop/web') }, [arn('service/prod/web')]],
  ['DeleteService', { cluster: 'prod', service: 'arn:aws:ecs:us-east-1:1:service/web' }, [arn('service/prod/web')]],
  ['ListServiceDeployments', { service: arn('service/shop/web') }, [arn('service/shop/web')]],
  ['StopTask', { cluster: 'prod', task: arn('task/shop/abc') }, [arn('task/prod/abc')]],
  ['DeleteCluster', { cluster: 'cluster/dev/prod' }, [arn('cluster/prod')]],
  ['RunTask', { taskDefinition: 'arn:aws:ecs:us-east-1:1:task-definition/job:3' }, [arn('task-definition/job:3')]],
  ['StopTask', { cluster: 'shop', task: 'abc' }, [arn('task/shop/abc')]],
  ['RunTask', { cluster: 'shop', taskDefinition: 'job' }, [arn('task-definition/job:*')]],
  ['RunTask', { taskDefinition: 'job:3' }, [arn('task-definition/job:3')]],
  ['DeleteCluster', { cluster: 'shop' }, [arn('cluster/shop')]],
  ['TagResource', { resourceArn: arn('cluster/shop') }, [arn('cluster/shop')]],
  ['ListClusters', {}, ['*']],
  ['RegisterTaskDefinition', { family: 'web' }, ['*']],
] as const)('%s %o acts on %o', (operation, input, resources) => {
  expect(resourcesOfCall(operation, input as object, scope)).toEqual(resources);
});
