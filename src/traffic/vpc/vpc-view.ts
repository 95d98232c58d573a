import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { SecurityGroup, Subnet, Vpc } from '../model.ts';
import { scopeKey, type TrafficStore } from '../store.ts';
import { defaultVpc } from './default-vpc.ts';

/** The networks of an account and region: what was made, and the default VPC unless it was changed or deleted. */
export class VpcView {
  private readonly store: TrafficStore;

  constructor(store: TrafficStore) {
    this.store = store;
  }

  vpcs(scope: AccountRegion): Vpc[] {
    return this.merged(scope, 'ec2/vpc', [defaultVpc(scope).vpc], (vpc) => vpc.vpcId);
  }

  subnets(scope: AccountRegion): Subnet[] {
    return this.merged(scope, 'ec2/subnet', defaultVpc(scope).subnets, (subnet) => subnet.subnetId);
  }

  securityGroups(scope: AccountRegion): SecurityGroup[] {
    return this.merged(scope, 'ec2/security-group', [defaultVpc(scope).securityGroup], (group) => group.groupId);
  }

  subnet(scope: AccountRegion, subnetId: string): Subnet | undefined {
    return this.subnets(scope).find((subnet) => subnet.subnetId === subnetId);
  }

  /** A stored resource stands for the default one with the same id: that is how a default one is changed. */
  private merged<Value>(
    scope: AccountRegion,
    kind: 'ec2/vpc' | 'ec2/subnet' | 'ec2/security-group',
    defaults: readonly Value[],
    idOf: (value: Value) => string,
  ): Value[] {
    const stored = this.store.list(kind, scopeKey(scope)).map((resource) => resource.value as unknown as Value);
    const storedIds = new Set(stored.map(idOf));
    return [...defaults.filter((value) => !storedIds.has(idOf(value))), ...stored];
  }
}
