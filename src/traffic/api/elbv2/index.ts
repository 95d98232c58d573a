import type { ServiceTable } from '../../../wire/aws/service-table.ts';
import { attributeHandlers } from './attributes.ts';
import type { Elbv2Deps } from './context.ts';
import { limitHandlers } from './limits.ts';
import { listenerHandlers } from './listeners.ts';
import { loadBalancerHandlers } from './load-balancers.ts';
import { resourcesOf } from './resources-of.ts';
import { ruleHandlers } from './rules.ts';
import { sslPolicyHandlers } from './ssl-policies.ts';
import { tagHandlers } from './tags.ts';
import { targetGroupHandlers } from './target-groups.ts';
import { targetHandlers } from './targets.ts';

/** Elastic Load Balancing v2, as far as application load balancers go. */
export const elbv2Table = (deps: Elbv2Deps): ServiceTable => ({
  service: 'elbv2',
  handlers: {
    ...loadBalancerHandlers(deps),
    ...targetGroupHandlers(deps),
    ...targetHandlers(deps),
    ...listenerHandlers(deps),
    ...ruleHandlers(deps),
    ...attributeHandlers(deps),
    ...tagHandlers(deps),
    ...limitHandlers(deps),
    ...sslPolicyHandlers(),
  },
  resources: (_operation, input) => resourcesOf(input),
});
