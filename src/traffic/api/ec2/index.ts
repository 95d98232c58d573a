import type { ServiceTable } from '../../../wire/aws/service-table.ts';
import type { Ec2Deps } from './context.ts';
import { networkHandlers } from './networks.ts';
import { securityGroupHandlers } from './security-groups.ts';
import { tagHandlers } from './tags.ts';

/** The part of EC2 that ECS set-ups call: networks, security groups, zones, tags. */
export const ec2Table = (deps: Ec2Deps): ServiceTable => ({
  service: 'ec2',
  handlers: { ...networkHandlers(deps), ...securityGroupHandlers(deps), ...tagHandlers(deps) },
});
