import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { compilePartFilter } from '../filter/compile-part-filter.ts';
import { SqlParameters } from '../filter/sql-parameters.ts';
import type { TraceId } from '../model.ts';
import { hintCondition } from '../store.ts';

const partsMax = 100_000;

/** Ids of the segments and calls of one trace that a filter expression selects. Throws FilterExpressionError. */
export async function findParts(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  filter: { readonly expression: string; readonly groups: ReadonlyMap<string, string> },
  now: Date,
): Promise<string[]> {
  const trace = `account = {account:String} AND region = {region:String} AND trace_id = {traceId:String} ${hintCondition([traceId], now)}`;
  const parameters = new SqlParameters();
  const { segments, calls } = compilePartFilter(
    filter.expression,
    { trace, groups: filter.groups, accountId: scope.account },
    parameters,
  );
  const [row] = await telemetry.query<{ ids: string[] }>(
    `SELECT groupUniqArray(${partsMax})(id) AS ids FROM (
       SELECT toString(id) AS id FROM segments WHERE ${trace} AND ${segments}
       UNION ALL SELECT toString(id) AS id FROM calls WHERE ${trace} AND ${calls})`,
    { ...parameters.values, account: scope.account, region: scope.region, traceId },
    { timeoutMs: 30_000 },
  );
  return row?.ids ?? [];
}
