import type { Service } from '@aws-sdk/client-xray';
import { awsClients } from '../aws-clients.ts';
import { parseDurationMs } from '../duration.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';
import { formatSeconds, formatShare, paint, safeText } from '../output/style.ts';
import { formatTable } from '../output/table.ts';

interface MapOptions extends ConnectionOptions {
  since: string;
  json?: boolean;
}

export async function map(options: MapOptions): Promise<void> {
  const connection = connectionFrom(options);
  const xray = await awsClients(connection).xray();
  const end = new Date();
  const start = new Date(end.getTime() - parseDurationMs(options.since));
  const services: Service[] = [];
  let NextToken: string | undefined;
  do {
    const page = await xray.getServiceGraph({ StartTime: start, EndTime: end, NextToken });
    services.push(...(page.Services ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  if (options.json) return console.log(JSON.stringify(services));
  if (services.length === 0) {
    console.log(`No trace in the last ${options.since}. Point an X-Ray SDK or an OTLP exporter here: hatoba env`);
    return;
  }
  const names = new Map(services.map((service) => [service.ReferenceId, nameOf(service)]));
  console.log(formatTable(['service', 'type', 'calls', 'average', 'errors', 'faults'], services.map(serviceRow)));
  console.log('');
  for (const service of services) {
    for (const edge of service.Edges ?? []) {
      const { TotalCount = 0, TotalResponseTime = 0, FaultStatistics } = edge.SummaryStatistics ?? {};
      const faults = FaultStatistics?.TotalCount ?? 0;
      const line =
        `${safeText(nameOf(service))} → ${safeText(names.get(edge.ReferenceId) ?? '')}: ${TotalCount} calls, ` +
        `${formatSeconds(TotalResponseTime / TotalCount)} on average, ${formatShare(faults, TotalCount)} faults`;
      console.log(faults > 0 ? paint('red', line) : line);
    }
  }
}

function serviceRow(service: Service): (string | number)[] {
  const { TotalCount = 0, TotalResponseTime = 0, ErrorStatistics, FaultStatistics } = service.SummaryStatistics ?? {};
  return [
    safeText(nameOf(service)),
    safeText(service.Type ?? ''),
    TotalCount,
    formatSeconds(TotalResponseTime / TotalCount),
    formatShare(ErrorStatistics?.TotalCount ?? 0, TotalCount),
    formatShare(FaultStatistics?.TotalCount ?? 0, TotalCount),
  ];
}

/** Callers that no segment speaks for carry the name of whom they call; people look for `Client`. */
const nameOf = (service: Service): string => (service.Type === 'client' ? 'Client' : (service.Name ?? ''));
