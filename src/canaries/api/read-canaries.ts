import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { CanaryRecord } from '../model.ts';
import { runtimeVersions } from '../runtime-versions.ts';
import { type CanaryContext, findCanary } from './context.ts';
import { toCanary, toCanaryRun } from './describe.ts';

type Operations = Handlers<typeof import('@aws-sdk/client-synthetics')>;

export function readCanaries(context: CanaryContext): Operations {
  const page = async (
    scope: { account: string; region: string },
    input: { Names?: string[]; NextToken?: string; MaxResults?: number },
    defaultSize: number,
  ): Promise<{ canaries: CanaryRecord[]; NextToken?: string }> => {
    const after = input.NextToken === undefined ? '' : decodeToken(input.NextToken);
    const all = (await context.store.list(scope)).filter(
      (canary) => canary.name > after && (input.Names === undefined || input.Names.includes(canary.name)),
    );
    const canaries = all.slice(0, input.MaxResults ?? defaultSize);
    const last = canaries.at(-1);
    return { canaries, ...(last && canaries.length < all.length && { NextToken: encodeToken(last.name) }) };
  };

  return {
    async GetCanary(input, scope) {
      return { Canary: toCanary((await findCanary(context, scope, input.Name!)).value) };
    },

    async DescribeCanaries(input, scope) {
      const { canaries, NextToken } = await page(scope, input, 20);
      return { Canaries: canaries.map(toCanary), NextToken };
    },

    async DescribeCanariesLastRun(input, scope) {
      const { canaries, NextToken } = await page(scope, input, 100);
      const lastRuns = await Promise.all(
        canaries.map(async (canary) => {
          const [run] = await context.store.runs(canary, 1);
          return { CanaryName: canary.name, ...(run && { LastRun: toCanaryRun(canary, run) }) };
        }),
      );
      return { CanariesLastRun: lastRuns.filter((entry) => 'LastRun' in entry), NextToken };
    },

    async GetCanaryRuns(input, scope) {
      const canary = (await findCanary(context, scope, input.Name!)).value;
      const limit = input.MaxResults ?? 100;
      const before = input.NextToken === undefined ? undefined : decodeRunToken(input.NextToken);
      const runs = await context.store.runs(canary, limit + 1, before);
      const shown = runs.slice(0, limit);
      const last = shown.at(-1);
      return {
        CanaryRuns: shown.map((run) => toCanaryRun(canary, run)),
        ...(last && runs.length > limit && { NextToken: encodeToken(`${last.startedMs}/${last.id}`) }),
      };
    },

    DescribeRuntimeVersions() {
      return {
        RuntimeVersions: runtimeVersions.map((runtime) => ({
          VersionName: runtime.name,
          Description: runtime.description,
          ReleaseDate: new Date(`${runtime.released}T00:00:00Z`),
        })),
      };
    },
  };
}

const encodeToken = (text: string): string => Buffer.from(text).toString('base64url');
const decodeToken = (token: string): string => Buffer.from(token, 'base64url').toString();

function decodeRunToken(token: string): { startedMs: number; id: string } {
  const [startedMs, id] = decodeToken(token).split('/');
  if (!id || !/^\d+$/.test(startedMs ?? '')) throw awsError('ValidationException', 'NextToken is not valid.');
  return { startedMs: Number(startedMs), id };
}
