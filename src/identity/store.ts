import { StaleVersionError, type StateStore } from '../stores/state/store.ts';
import { awsManagedPolicies } from './aws-managed-policies.ts';
import type { IamKinds, ManagedPolicy, StoredAccessKey } from './model.ts';

const attemptsMax = 10;

/** IAM's resources in the state store: every change is compare-and-set. */
export class IamStore {
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  async get<Kind extends keyof IamKinds>(
    kind: Kind,
    account: string,
    name: string,
  ): Promise<IamKinds[Kind] | undefined> {
    return (await this.state.get<IamKinds[Kind]>(kind, `${account}/${name}`))?.value;
  }

  async list<Kind extends keyof IamKinds>(kind: Kind, account: string): Promise<IamKinds[Kind][]> {
    return (await this.state.list<IamKinds[Kind]>(kind, `${account}/`)).map((resource) => resource.value);
  }

  /** False when there is one of that name already. */
  async create<Kind extends keyof IamKinds>(
    kind: Kind,
    account: string,
    name: string,
    value: IamKinds[Kind],
  ): Promise<boolean> {
    try {
      await this.state.commit([{ kind, key: `${account}/${name}`, expect: 'absent', put: value }]);
      return true;
    } catch (error) {
      if (error instanceof StaleVersionError) return false;
      throw error;
    }
  }

  /** Applies `change` to the newest value, again if somebody was faster. Undefined when there is nothing of that name. */
  async update<Kind extends keyof IamKinds>(
    kind: Kind,
    account: string,
    name: string,
    change: (current: IamKinds[Kind]) => IamKinds[Kind],
  ): Promise<IamKinds[Kind] | undefined> {
    const key = `${account}/${name}`;
    for (let attempt = 1; ; attempt += 1) {
      const current = await this.state.get<IamKinds[Kind]>(kind, key);
      if (!current) return undefined;
      const next = change(current.value);
      if (next === current.value) return next;
      try {
        await this.state.commit([{ kind, key, expect: current.version, put: next }]);
        return next;
      } catch (error) {
        if (!(error instanceof StaleVersionError) || attempt === attemptsMax) throw error;
      }
    }
  }

  async delete(kind: keyof IamKinds, account: string, name: string): Promise<void> {
    await this.state.commit([{ kind, key: `${account}/${name}`, expect: 'any', delete: true }]);
  }

  /** Access keys are looked up by id alone, so they are not kept below an account. */
  async findAccessKey(accessKeyId: string): Promise<StoredAccessKey | undefined> {
    return (await this.state.get<StoredAccessKey>('iam-access-key', accessKeyId))?.value;
  }

  async accessKeysOf(account: string, userName: string): Promise<StoredAccessKey[]> {
    return (await this.state.list<StoredAccessKey>('iam-access-key'))
      .map((resource) => resource.value)
      .filter((key) => key.account === account && key.userName === userName);
  }

  async putAccessKey(key: StoredAccessKey): Promise<void> {
    await this.state.commit([{ kind: 'iam-access-key', key: key.accessKeyId, expect: 'any', put: key }]);
  }

  async deleteAccessKey(accessKeyId: string): Promise<void> {
    await this.state.commit([{ kind: 'iam-access-key', key: accessKeyId, expect: 'any', delete: true }]);
  }

  /** A customer's or an AWS managed policy by its ARN. */
  async findPolicy(arn: string): Promise<ManagedPolicy | undefined> {
    const [, account, name] = /^arn:aws:iam::(aws|\d{12}):policy\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
    if (!account || !name) return undefined;
    const policy = account === 'aws' ? awsManagedPolicies.get(arn) : await this.get('iam-policy', account, name);
    return policy?.arn === arn ? policy : undefined;
  }
}
