import type { CallContext } from '../wire/aws/call-context.ts';
import type { OperationHandler, ServiceTable } from '../wire/aws/service-table.ts';
import type { TableProcesses } from './table-processes.ts';

/** What dynalite 4 implements. Everything else of DynamoDB is left out, so that the gateway answers 501 naming it. */
const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;

export function dynamodbTable(processes: Pick<TableProcesses, 'send'>): ServiceTable {
  return {
    service: 'dynamodb',
    handlers: Object.fromEntries(OPERATIONS.map((name) => [name, onlyForwarded])),
    resources: tableArns,
    forward: (operation, request, context) => processes.send(operation, request.body, context),
  };
}

const onlyForwarded: OperationHandler = () => {
  throw new Error('DynamoDB calls are forwarded as bytes');
};

/** ARNs of the tables and indexes that a call reads or writes. */
export function tableArns(_operation: string, input: any, context: Pick<CallContext, 'account' | 'region'>): string[] {
  const arnOf = (name: string) => `arn:aws:dynamodb:${context.region}:${context.account}:table/${name}`;
  if (input.ResourceArn) return [input.ResourceArn];
  if (input.RequestItems) return Object.keys(input.RequestItems).map(arnOf);
  if (!input.TableName) return ['*'];
  const table = arnOf(input.TableName);
  return [input.IndexName ? `${table}/index/${input.IndexName}` : table];
}
