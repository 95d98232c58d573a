/** ARNs that a call names, for policy evaluation. */
export function resourcesOf(input: Record<string, unknown>): string[] {
  const arns: string[] = [];
  for (const [name, value] of Object.entries(input ?? {})) {
    if (!/Arns?$/.test(name)) continue;
    for (const arn of Array.isArray(value) ? value : [value]) if (typeof arn === 'string') arns.push(arn);
  }
  return arns.length > 0 ? arns : ['*'];
}
