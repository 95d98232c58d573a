/** What is kept of IAM. Dates are ISO 8601; lists of named things keep their order of creation. */

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface InlinePolicy {
  readonly name: string;
  readonly document: string;
}

/** What roles, users and groups have in common. */
export interface PolicyHolder {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly inlinePolicies: readonly InlinePolicy[];
  readonly attachedPolicyArns: readonly string[];
  readonly tags: readonly Tag[];
  readonly permissionsBoundaryArn?: string;
}

export interface Role extends PolicyHolder {
  readonly trustPolicy: string;
  readonly description?: string;
  readonly maxSessionSeconds: number;
}

export interface User extends PolicyHolder {
  readonly groupNames: readonly string[];
}

export type Group = PolicyHolder;

export interface PolicyVersion {
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: string;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly defaultVersionId: string;
  readonly newestVersion: number;
  readonly versions: readonly PolicyVersion[];
  readonly tags: readonly Tag[];
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly roleNames: readonly string[];
  readonly tags: readonly Tag[];
}

export interface StoredAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: string;
  readonly userName: string;
  readonly status: 'Active' | 'Inactive';
  readonly createdAt: string;
}

/** IAM resources by kind in the state store. IAM is global, so keys are `<account>/<name>`. */
export interface IamKinds {
  'iam-role': Role;
  'iam-user': User;
  'iam-group': Group;
  'iam-policy': ManagedPolicy;
  'iam-instance-profile': InstanceProfile;
  'iam-access-key': StoredAccessKey;
}

export type HolderKind = 'iam-role' | 'iam-user' | 'iam-group';
