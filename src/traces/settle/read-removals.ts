import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { own } from './delete-traces.ts';

/** What groups' retention took from a day. */
export interface RemovedDay {
  readonly day: string;
  readonly isDone: boolean;
  /** Traces by the group that kept them longest; the empty name stands for what no group kept. */
  readonly groups: Readonly<Record<string, number>>;
  readonly removed: number;
  readonly removedDocuments: number;
  /** Bytes on disk that this freed; 0 while it is not done. */
  readonly savedBytes: number;
}

const daysMax = 400;

/** Each day from which something was removed, newest first: all times that it was gone through together. */
export async function readRemovals(telemetry: TelemetryStore, scope: AccountRegion): Promise<RemovedDay[]> {
  const rows = await telemetry.query<Record<string, string> & { counted: [names: string[], traces: string[]] }>(
    `SELECT toString(toDate(day)) AS date, min(done) AS isDone, sumMap(names, traces) AS counted, sum(gone) AS removedTraces,
       sum(documents) AS removedDocuments, sum(saved) AS savedBytes
     FROM (
       SELECT day, version, max(is_done) AS done, any(groups) AS names, any(counts) AS traces, any(removed) AS gone,
         any(removed_documents) AS documents, if(done = 1, greatest(toInt64(max(bytes_before)) - toInt64(max(bytes_after)), 0), 0) AS saved
       FROM trace_removed WHERE ${own} GROUP BY day, version
     ) WHERE gone > 0 GROUP BY date ORDER BY date DESC LIMIT ${daysMax}`,
    { account: scope.account, region: scope.region },
  );
  return rows.map(({ date = '', isDone, counted: [names, traces], removedTraces, removedDocuments, savedBytes }) => ({
    day: date,
    isDone: Number(isDone) === 1,
    groups: Object.fromEntries(names.map((name, index) => [name, Number(traces[index])])),
    removed: Number(removedTraces),
    removedDocuments: Number(removedDocuments),
    savedBytes: Number(savedBytes),
  }));
}
