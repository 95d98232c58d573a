import { newHexId } from '../../platform/ids.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import type { Counted } from './find-touched.ts';
import { hourMs } from './plan-settling.ts';
import { backgroundSettings } from './settle-minutes.ts';
import { digestSql, versionsOf } from './settled-sql.ts';

const versionMaxOfAll = '18446744073709551615';

/** What is settled, as the store says: rows of `trace_map_settled`. */
export class Marks {
  private readonly telemetry: TelemetryStore;
  private lastVersion = 0n;

  constructor(telemetry: TelemetryStore) {
    this.telemetry = telemetry;
  }

  async mark(
    { account, region }: AccountRegion,
    tier: 'minute' | 'hour',
    starts: readonly number[],
    mark: { version: string; asOfMs: number; isValid: boolean; digest: string },
  ): Promise<void> {
    const rows = starts.map((start) => ({
      account,
      region,
      tier,
      start: start / 1000,
      version: mark.version,
      as_of: mark.asOfMs,
      is_valid: mark.isValid ? 1 : 0,
      digest: mark.digest,
    }));
    await this.telemetry.insert('trace_map_settled', rows, { acknowledged: true });
  }

  async readCounted(scope: AccountRegion, range: TimeRange): Promise<Map<number, Counted>> {
    const rows = await this.telemetry.query<{ minute: number; asOfMs: string; isValid: number }>(
      `SELECT toUnixTimestamp(start) AS minute, toUnixTimestamp64Milli(argMax(as_of, version)) AS asOfMs,
         argMax(is_valid, version) AS isValid FROM trace_map_settled
       WHERE account = {account:String} AND region = {region:String} AND tier = 'minute'
         AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC') GROUP BY minute`,
      {
        account: scope.account,
        region: scope.region,
        from: Math.max(0, range.startMs / 1000),
        to: Math.max(0, range.endMs / 1000),
      },
    );
    return new Map(
      rows.map((row) => [
        Number(row.minute) * 1000,
        { asOfMs: Number(row.asOfMs), isValid: Number(row.isValid) === 1 },
      ]),
    );
  }

  /** All counted minutes, by scope and minute; versions go on from the greatest. */
  async readAllCounted(): Promise<Map<string, Counted>> {
    const rows = await this.telemetry.query<Record<string, string>>(
      `SELECT account, region, toUnixTimestamp(start) AS minute, toUnixTimestamp64Milli(argMax(as_of, version)) AS asOfMs,
         argMax(is_valid, version) AS isValid
       FROM trace_map_settled WHERE tier = 'minute' GROUP BY account, region, minute`,
      {},
      { timeoutMs: 60_000, settings: backgroundSettings },
    );
    const [greatest] = await this.telemetry.query<{ version: string }>(
      'SELECT max(version) AS version FROM trace_map_settled',
    );
    const known = BigInt(greatest?.version ?? 0);
    if (known > this.lastVersion) this.lastVersion = known;
    return new Map(
      rows.map((row) => [
        `${row.account}/${row.region}/${Number(row.minute) * 1000}`,
        { asOfMs: Number(row.asOfMs), isValid: Number(row.isValid) === 1 },
      ]),
    );
  }

  async digestOf(scope: AccountRegion, hour: number): Promise<string> {
    const [row] = await this.telemetry.query<{ digest: string }>(
      `SELECT ${digestSql} AS digest FROM (${versionsOf('minute')})`,
      this.hourParameters(scope, hour),
    );
    return row?.digest ?? '0';
  }

  hourParameters({ account, region }: AccountRegion, hour: number) {
    return { account, region, from: hour / 1000, to: (hour + hourMs) / 1000, versionMax: versionMaxOfAll };
  }

  /** All hours with counted minutes; `isSettled` where these very minutes were added up. */
  readHours(): Promise<{ account: string; region: string; hour: number; isSettled: number }[]> {
    return this.telemetry.query<{ account: string; region: string; hour: number; isSettled: number }>(
      `SELECT account, region, hour, wanted.digest = known.digest AS isSettled FROM (
         SELECT account, region, toUnixTimestamp(toStartOfHour(start)) AS hour, ${digestSql} AS digest FROM (
           SELECT account, region, start, max(version) AS holds FROM trace_map_settled WHERE tier = 'minute'
           GROUP BY account, region, start HAVING argMax(is_valid, version) = 1
         ) GROUP BY account, region, hour) AS wanted
       LEFT JOIN (SELECT account, region, toUnixTimestamp(start) AS hour, argMax(digest, version) AS digest
         FROM trace_map_settled WHERE tier = 'hour' GROUP BY account, region, start) AS known USING (account, region, hour)`,
      {},
      { timeoutMs: 60_000, settings: backgroundSettings },
    );
  }

  /** Greater than every one before it, whatever the clock does; different from those of others at the same time. */
  nextVersion(asOfMs: number): string {
    const wanted = (BigInt(Math.max(asOfMs, 0)) << 20n) | (BigInt(`0x${newHexId(3)}`) & 0xfffffn);
    this.lastVersion = wanted > this.lastVersion ? wanted : this.lastVersion + 1n;
    return String(this.lastVersion);
  }
}
