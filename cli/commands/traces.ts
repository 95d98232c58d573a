import type { TraceSummary } from '@aws-sdk/client-xray';
import { awsClients } from '../aws-clients.ts';
import { parseDurationMs } from '../duration.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';
import { formatSeconds, safeText } from '../output/style.ts';
import { formatTable } from '../output/table.ts';

interface TracesOptions extends ConnectionOptions {
  filter?: string;
  since: string;
  sort: 'newest' | 'slowest';
  limit: number;
  json?: boolean;
}

export async function traces(options: TracesOptions): Promise<void> {
  const connection = connectionFrom(options);
  const xray = await awsClients(connection).xray();
  const end = new Date();
  const start = new Date(end.getTime() - parseDurationMs(options.since));
  const summaries: TraceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await xray.getTraceSummaries({
      StartTime: start,
      EndTime: end,
      FilterExpression: options.filter,
      NextToken,
    });
    summaries.push(...(page.TraceSummaries ?? []));
    NextToken = page.NextToken;
    // Newest come first, so the first pages are enough unless the slowest are asked for.
  } while (NextToken && (options.sort === 'slowest' || summaries.length < options.limit));
  if (options.sort === 'slowest') summaries.sort((a, b) => (b.ResponseTime ?? 0) - (a.ResponseTime ?? 0));
  const shown = summaries.slice(0, options.limit);
  if (options.json) return console.log(JSON.stringify(shown));
  if (shown.length === 0) return console.log(`No such trace in the last ${options.since}.`);
  console.log(
    formatTable(
      ['trace', 'started', 'response time', 'request', 'status', 'result'],
      shown.map((summary) => [
        summary.Id ?? '',
        summary.StartTime?.toISOString() ?? '',
        formatSeconds(summary.ResponseTime ?? summary.Duration ?? Number.NaN),
        safeText(`${summary.Http?.HttpMethod ?? ''} ${summary.Http?.HttpURL ?? ''}`),
        summary.Http?.HttpStatus ?? '',
        result(summary),
      ]),
    ),
  );
}

const result = (summary: TraceSummary): string =>
  summary.HasFault ? 'fault' : summary.HasThrottle ? 'throttle' : summary.HasError ? 'error' : 'ok';
