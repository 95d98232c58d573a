import type { CallContext } from '../wire/aws/call-context.ts';

/** Which resource an IAM call acts on. Paths are not known from the name, so a policy's pattern meets the path-less ARN. */
export function iamResources(_operation: string, input: any, { account }: CallContext): string[] {
  const own = (kind: string, name: string) => `arn:aws:iam::${account}:${kind}/${name}`;
  if (input.RoleName && input.InstanceProfileName) return [own('instance-profile', input.InstanceProfileName)];
  if (input.RoleName) return [own('role', input.RoleName)];
  if (input.GroupName) return [own('group', input.GroupName)];
  if (input.UserName) return [own('user', input.UserName)];
  if (input.InstanceProfileName) return [own('instance-profile', input.InstanceProfileName)];
  if (input.PolicyArn) return [input.PolicyArn];
  if (input.PolicyName) return [own('policy', input.PolicyName)];
  return ['*'];
}

export const stsResources = (_operation: string, input: any): string[] => [input.RoleArn ?? '*'];
