import { paginate } from '../paginate.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn } from './context.ts';

const limits: Readonly<Record<string, string>> = {
  'application-load-balancers': '50',
  'certificates-per-application-load-balancer': '25',
  'condition-values-per-alb-rule': '5',
  'condition-wildcards-per-alb-rule': '5',
  'listeners-per-application-load-balancer': '50',
  'rules-per-application-load-balancer': '100',
  'target-groups': '3000',
  'target-groups-per-action-on-application-load-balancer': '5',
  'target-groups-per-application-load-balancer': '100',
  'targets-per-application-load-balancer': '1000',
};

export const limitHandlers = ({ store }: Elbv2Deps): Elbv2Handlers => ({
  DescribeAccountLimits: (input) => {
    const all = Object.entries(limits).map(([Name, Max]) => ({ Name, Max }));
    const { page, next } = paginate(all, input.Marker, input.PageSize ?? 400);
    return { Limits: page, NextMarker: next };
  },
  // Nothing can be reserved here; infrastructure tools still ask after each create.
  DescribeCapacityReservation: (input, context) => {
    findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
    return { DecreaseRequestsRemaining: 0, CapacityReservationState: [] };
  },
});
