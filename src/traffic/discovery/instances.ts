import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { put, remove, scopeKey, type TrafficStore } from '../store.ts';

const instancesMax = 1000;

/** Key of a Cloud Map ARN's resource, or undefined when it is none. */
export function parseDiscoveryArn(arn: string): (AccountRegion & { key: string; id: string }) | undefined {
  const match = /^arn:aws[^:]*:servicediscovery:([^:]+):(\d{12}):(?:service|namespace)\/((?:srv|ns)-[a-z0-9]+)$/.exec(
    arn,
  );
  if (!match) return undefined;
  const [, region, account, id] = match as unknown as [string, string, string, string];
  return { region, account, id, key: `${account}/${region}/${id}` };
}

/** Registered instances of discovery services; written by tasks coming and going and by callers of the API. */
export class Instances {
  private readonly store: TrafficStore;

  constructor(store: TrafficStore) {
    this.store = store;
  }

  /** Registering again replaces the attributes. Throws ServiceNotFound. */
  async register(serviceArn: string, instanceId: string, attributes: Record<string, string>): Promise<void> {
    const { scope, serviceId } = this.find(serviceArn);
    const { AWS_INIT_HEALTH_STATUS: initial, ...kept } = attributes;
    const prefix = `${scopeKey(scope)}${serviceId}/`;
    await this.store.update(() => {
      const held = this.store.get('servicediscovery/instance', prefix + instanceId);
      if (!held && this.store.list('servicediscovery/instance', prefix).length >= instancesMax) {
        throw awsError('ResourceLimitExceeded', `A service has at most ${instancesMax} instances.`);
      }
      const instance = { id: instanceId, serviceId, attributes: kept, healthy: initial !== 'UNHEALTHY' };
      return {
        changes: [put('servicediscovery/instance', prefix + instanceId, instance, held?.version ?? 'absent')],
        result: undefined,
      };
    });
  }

  /** An instance that is not there is fine: it is what was wanted. */
  async deregister(serviceArn: string, instanceId: string): Promise<boolean> {
    const { scope, serviceId } = this.find(serviceArn);
    return this.store.update(() => {
      const held = this.store.get('servicediscovery/instance', `${scopeKey(scope)}${serviceId}/${instanceId}`);
      return { changes: held ? [remove('servicediscovery/instance', held)] : [], result: held !== undefined };
    });
  }

  /** Throws InstanceNotFound. */
  async setHealth(serviceArn: string, instanceId: string, healthy: boolean): Promise<void> {
    const { scope, serviceId } = this.find(serviceArn);
    await this.store.update(() => {
      const key = `${scopeKey(scope)}${serviceId}/${instanceId}`;
      const held = this.store.get('servicediscovery/instance', key);
      if (!held) throw awsError('InstanceNotFound', `Instance not found: ${instanceId}`);
      if (held.value.healthy === healthy) return { changes: [], result: undefined };
      const change = put('servicediscovery/instance', key, { ...held.value, healthy }, held.version);
      return { changes: [change], result: undefined };
    });
  }

  private find(serviceArn: string): { scope: AccountRegion; serviceId: string } {
    const parsed = parseDiscoveryArn(serviceArn);
    if (!parsed || !this.store.get('servicediscovery/service', parsed.key)) {
      throw awsError('ServiceNotFound', `Service not found: ${serviceArn}`);
    }
    return { scope: parsed, serviceId: parsed.id };
  }
}
