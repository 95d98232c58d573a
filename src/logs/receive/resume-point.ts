import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { TaskOutput } from '../index.ts';
import type { LogsStore } from '../store.ts';

/** A piece of a file that is not stored yet; `end` is Infinity for all that is still to come. */
export interface MissingPiece {
  readonly start: number;
  readonly end: number;
}

export interface ResumePoint {
  readonly generation: number;
  readonly pieces: readonly MissingPiece[];
}

interface Stored {
  readonly generation: number;
  readonly first: string;
  readonly end: string;
  readonly covered: string;
}

const ofSource = `account = {account:String} AND region = {region:String} AND log_group = {group:String}
  AND log_stream = {stream:String} AND source_path = {path:String}`;

/**
 * What of a file is to be read: after the last stored event, and what lies between stored events. There is such a gap
 * when hatoba was killed while a batch over midnight was half stored: days are stored one by one.
 */
export async function findResumePoint(
  output: TaskOutput,
  { telemetry, store }: { telemetry: TelemetryStore; store: LogsStore },
): Promise<ResumePoint> {
  const parameters = {
    account: output.workload.account,
    region: output.workload.region,
    group: output.logGroupName,
    stream: output.logStreamName,
    path: output.path,
  };
  const [stored] = await telemetry.query<Stored>(
    `SELECT source_generation AS generation, min(source_offset) AS first, max(source_end) AS end,
       sum(source_end - source_offset) AS covered
     FROM log_events WHERE ${ofSource} GROUP BY source_generation ORDER BY source_generation DESC LIMIT 1`,
    parameters,
  );
  const floor = await store.findSourceFloor(output.path);
  if (!stored) return { generation: floor?.generation ?? 0, pieces: [{ start: floor?.end ?? 0, end: Infinity }] };
  const generation = Number(stored.generation);
  const [first, end] = [Number(stored.first), Number(stored.end)];
  if (floor && floor.generation > generation) {
    return { generation: floor.generation, pieces: [{ start: floor.end, end: Infinity }] };
  }
  const gaps =
    Number(stored.covered) === end - first
      ? []
      : await telemetry.query<{ start: string; end: string }>(
          `SELECT pair.1 AS start, pair.2 AS end FROM (
             SELECT arrayJoin(arrayZip(arrayPopBack(ends), arrayPopFront(starts))) AS pair FROM (
               SELECT groupArray(source_offset) AS starts, groupArray(source_end) AS ends FROM (
                 SELECT source_offset, source_end FROM log_events
                 WHERE ${ofSource} AND source_generation = {generation:UInt32} ORDER BY source_offset
               )
             )
           ) WHERE pair.1 < pair.2 ORDER BY start`,
          { ...parameters, generation },
        );
  const newest = floor?.generation === generation ? Math.max(end, floor.end) : end;
  return {
    generation,
    pieces: [
      ...gaps.map((gap) => ({ start: Number(gap.start), end: Number(gap.end) })),
      { start: newest, end: Infinity },
    ],
  };
}
