/** `AWS::DynamoDB::Table` -> `DynamoDB Table`; other types as they are. */
export function typeLabel(type: string): string {
  return type.startsWith('AWS::') ? type.slice(5).replaceAll('::', ' ') : type;
}
