import type { ContainerUsage } from '../runtime/runtime.ts';

/** Usage in the shape of Docker's stats, as far as it is measured. `first` carries the task's network counters. */
export function dockerStats(usage: ContainerUsage, first: ContainerUsage | undefined, now: Date): object {
  const cpu = { cpu_usage: { total_usage: usage.cpuNanoseconds }, throttling_data: {} };
  const operation = (op: string, value: number) => ({ major: 0, minor: 0, op, value });
  return {
    read: now.toISOString(),
    name: usage.containerName,
    num_procs: 0,
    cpu_stats: cpu,
    memory_stats: { usage: usage.memoryBytes, stats: {} },
    blkio_stats: {
      io_service_bytes_recursive: [operation('Read', usage.readBytes), operation('Write', usage.writeBytes)],
    },
    ...(first?.networkReceiveBytes === undefined
      ? {}
      : { networks: { eth0: { rx_bytes: first.networkReceiveBytes, tx_bytes: first.networkTransmitBytes ?? 0 } } }),
  };
}
