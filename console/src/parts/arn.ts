/** The name at the end of an ARN (`.../service/shop/bff` -> `bff`), or the text itself. */
export function lastPart(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}

/** `arn:...:task-definition/bff:7` or `bff:7` -> family and revision. */
export function familyAndRevision(arn: string): { family: string; revision: string } {
  const name = lastPart(arn);
  const colon = name.lastIndexOf(':');
  return colon < 0 ? { family: name, revision: '' } : { family: name.slice(0, colon), revision: name.slice(colon + 1) };
}
