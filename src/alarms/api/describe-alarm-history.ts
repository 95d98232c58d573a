import type { DescribeAlarmHistoryCommandInput } from '@aws-sdk/client-cloudwatch';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { AlarmStore } from '../store.ts';

const pageSizeDefault = 100;

/** Newest first by default. Deleted alarms keep their history for two weeks. */
export const describeAlarmHistory =
  (store: AlarmStore) => async (input: DescribeAlarmHistoryCommandInput, context: AccountRegion) => {
    const types = input.AlarmTypes ?? ['MetricAlarm'];
    const items = (await store.history(context, input.AlarmName))
      // One alarm's history is asked for by name: then its type need not be given.
      .filter((item) => input.AlarmName !== undefined || types.includes(item.alarmType))
      .filter((item) => input.HistoryItemType === undefined || item.type === input.HistoryItemType)
      .filter((item) => input.StartDate === undefined || item.timestamp >= input.StartDate.toISOString())
      .filter((item) => input.EndDate === undefined || item.timestamp <= input.EndDate.toISOString());
    const ordered = input.ScanBy === 'TimestampAscending' ? items : items.toReversed();
    const skip = input.NextToken === undefined ? 0 : Number(Buffer.from(input.NextToken, 'base64url').toString());
    if (!Number.isInteger(skip) || skip < 0) throw awsError('InvalidNextToken', 'The next token specified is invalid.');
    const end = skip + (input.MaxRecords ?? pageSizeDefault);
    return {
      AlarmHistoryItems: ordered.slice(skip, end).map((item) => ({
        AlarmName: item.alarmName,
        AlarmType: item.alarmType,
        Timestamp: new Date(item.timestamp),
        HistoryItemType: item.type,
        HistorySummary: item.summary,
        HistoryData: item.data,
      })),
      ...(ordered.length > end ? { NextToken: Buffer.from(String(end)).toString('base64url') } : {}),
    };
  };
