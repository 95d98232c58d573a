import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';

interface Dashboard {
  readonly name: string;
  readonly body: string;
  readonly modifiedAt: string;
}

const kind = 'cloudwatch-dashboard';
// Dashboards are global in CloudWatch: one name per account.
const keyOf = (context: AccountRegion, name: string): string => `${context.account}/${name}`;
const arnOf = (context: AccountRegion, name: string): string =>
  `arn:aws:cloudwatch::${context.account}:dashboard/${name}`;

type DashboardHandlers = Pick<
  Handlers<typeof import('@aws-sdk/client-cloudwatch')>,
  'PutDashboard' | 'GetDashboard' | 'ListDashboards' | 'DeleteDashboards'
>;

/** Dashboards are kept as they are given; only their being JSON is checked. */
export const dashboardHandlers = (state: StateStore, clock: Clock): DashboardHandlers => ({
  async PutDashboard(input, context) {
    const body = input.DashboardBody ?? '';
    if (!isJsonObject(body)) {
      throw awsError('DashboardInvalidInputError', 'The field DashboardBody must be a valid JSON object');
    }
    const name = input.DashboardName ?? '';
    const value: Dashboard = { name, body, modifiedAt: clock.now().toISOString() };
    await state.commit([{ kind, key: keyOf(context, name), expect: 'any', put: value }]);
    return { DashboardValidationMessages: [] };
  },

  async GetDashboard(input, context) {
    const name = input.DashboardName ?? '';
    const found = await state.get<Dashboard>(kind, keyOf(context, name));
    if (!found) throw awsError('DashboardNotFoundError', `Dashboard ${name} does not exist`);
    return { DashboardArn: arnOf(context, name), DashboardBody: found.value.body, DashboardName: name };
  },

  async ListDashboards(input, context) {
    const found = await state.list<Dashboard>(kind, keyOf(context, input.DashboardNamePrefix ?? ''));
    return {
      DashboardEntries: found.map(({ value }) => ({
        DashboardName: value.name,
        DashboardArn: arnOf(context, value.name),
        LastModified: new Date(value.modifiedAt),
        Size: Buffer.byteLength(value.body),
      })),
    };
  },

  async DeleteDashboards(input, context) {
    const names = input.DashboardNames ?? [];
    const found = await Promise.all(names.map((name) => state.get<Dashboard>(kind, keyOf(context, name))));
    const missing = names.filter((_, index) => !found[index]);
    if (missing.length > 0) throw awsError('DashboardNotFoundError', `Dashboard ${missing.join(', ')} does not exist`);
    await state.commit(
      found.map((dashboard) => ({ kind, key: dashboard!.key, expect: 'any' as const, delete: true as const })),
    );
    return {};
  },
});

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
