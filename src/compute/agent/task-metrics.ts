import type { MetricDatum } from '../../metrics/index.ts';
import type { TaskDefinitionRecord, TaskRecord } from '../model.ts';
import type { ContainerUsage } from '../runtime/runtime.ts';

/** Measurements of one running task as CloudWatch data. Pure. */

export interface UsageSample {
  readonly atMs: number;
  readonly containers: ReadonlyMap<string, ContainerUsage>;
}

export type InsightsTier = 'disabled' | 'enabled' | 'enhanced';

export interface NamespacedDatum {
  readonly namespace: 'AWS/ECS' | 'ECS/ContainerInsights';
  readonly datum: MetricDatum;
}

interface Rates {
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  readonly receiveBytesPerSecond?: number;
  readonly transmitBytesPerSecond?: number;
}

export interface MachineSize {
  readonly cpuUnits: number;
  readonly memoryMib: number;
}

/**
 * Every value is given to each dimension set that it belongs to, one sample a task: `Average` is then the mean per task
 * and `Sum` the total. A container needs two samples before it has rates.
 */
export function taskMetrics(
  task: TaskRecord,
  definition: TaskDefinitionRecord | undefined,
  before: UsageSample,
  now: UsageSample,
  tier: InsightsTier,
  machine: MachineSize,
): NamespacedDatum[] {
  const rates = ratesOf(before, now);
  if (rates.size === 0) return [];
  const total = sumOf([...rates.values()]);
  const cpuReserved = task.reservedCpuUnits || machine.cpuUnits;
  const memoryReserved = task.reservedMemoryMib || machine.memoryMib;
  const cluster = { ClusterName: task.clusterName };
  const service: Record<string, string> | undefined =
    task.serviceName === undefined ? undefined : { ...cluster, ServiceName: task.serviceName };
  const out: NamespacedDatum[] = [];
  const push = (
    namespace: NamespacedDatum['namespace'],
    name: string,
    unit: string,
    value: number | undefined,
    sets: readonly Record<string, string>[],
  ) => {
    if (value === undefined || !Number.isFinite(value)) return;
    for (const dimensions of sets) {
      out.push({ namespace, datum: { name, dimensions, timestampMs: now.atMs, value, unit } });
    }
  };
  const vended = [cluster, ...(service === undefined ? [] : [service])];
  push('AWS/ECS', 'CPUUtilization', 'Percent', percent(total.cpuUnits, cpuReserved), vended);
  push('AWS/ECS', 'MemoryUtilization', 'Percent', percent(total.memoryMib, memoryReserved), vended);
  if (tier === 'disabled') return out;

  const family = { ...cluster, TaskDefinitionFamily: task.family };
  const coarse = [...vended, family];
  const enhanced = tier === 'enhanced';
  const own = enhanced ? [...(service ? [{ ...service, TaskId: task.id }] : []), { ...family, TaskId: task.id }] : [];
  const insight = (name: string, unit: string, value: number | undefined, sets = [...coarse, ...own]) =>
    push('ECS/ContainerInsights', name, unit, value, sets);
  insight('CpuUtilized', 'None', total.cpuUnits);
  insight('CpuReserved', 'None', cpuReserved);
  insight('MemoryUtilized', 'Megabytes', total.memoryMib);
  insight('MemoryReserved', 'Megabytes', memoryReserved);
  insight('StorageReadBytes', 'Bytes/Second', total.readBytesPerSecond);
  insight('StorageWriteBytes', 'Bytes/Second', total.writeBytesPerSecond);
  insight('NetworkRxBytes', 'Bytes/Second', total.receiveBytesPerSecond);
  insight('NetworkTxBytes', 'Bytes/Second', total.transmitBytesPerSecond);
  if (!enhanced) return out;
  insight('TaskCpuUtilization', 'Percent', percent(total.cpuUnits, cpuReserved));
  insight('TaskMemoryUtilization', 'Percent', percent(total.memoryMib, memoryReserved));
  for (const [name, rate] of rates) {
    const ContainerName = name;
    const sets = [
      cluster,
      ...(service
        ? [
            { ...service, ContainerName },
            { ...service, ContainerName, TaskId: task.id },
          ]
        : []),
      { ...family, ContainerName },
      { ...family, ContainerName, TaskId: task.id },
    ];
    const defined = definition?.content.containerDefinitions?.find((one) => one.name === name);
    const cpu = defined?.cpu || cpuReserved;
    const memory = defined?.memoryReservation ?? defined?.memory ?? memoryReserved;
    insight('ContainerCpuUtilized', 'None', rate.cpuUnits, sets);
    insight('ContainerCpuReserved', 'None', cpu, sets);
    insight('ContainerCpuUtilization', 'Percent', percent(rate.cpuUnits, cpu), sets);
    insight('ContainerMemoryUtilized', 'Megabytes', rate.memoryMib, sets);
    insight('ContainerMemoryReserved', 'Megabytes', memory, sets);
    insight('ContainerMemoryUtilization', 'Percent', percent(rate.memoryMib, memory), sets);
    insight('ContainerStorageReadBytes', 'Bytes', rate.readBytesPerSecond, sets);
    insight('ContainerStorageWriteBytes', 'Bytes', rate.writeBytesPerSecond, sets);
    insight(
      'UnHealthyContainerHealthStatus',
      'Count',
      unhealthyValue(task, name, defined?.healthCheck !== undefined),
      sets,
    );
  }
  return out;
}

/** 1 or 0; no point while nobody knows. */
function unhealthyValue(task: TaskRecord, name: string, checked: boolean): number | undefined {
  const health = task.containers.find((container) => container.name === name)?.healthStatus;
  if (!checked || health === undefined || health === 'UNKNOWN') return undefined;
  return health === 'UNHEALTHY' ? 1 : 0;
}

function ratesOf(before: UsageSample, now: UsageSample): Map<string, Rates> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rates = new Map<string, Rates>();
  if (seconds <= 0) return rates;
  for (const [name, usage] of now.containers) {
    const earlier = before.containers.get(name);
    if (earlier === undefined) continue;
    // A counter that went back was started anew: what it shows now has all been used since.
    const delta = (current: number, previous: number) => (current >= previous ? current - previous : current) / seconds;
    const optional = (current: number | undefined, previous: number | undefined) =>
      current === undefined || previous === undefined ? undefined : delta(current, previous);
    rates.set(name, {
      cpuUnits: (delta(usage.cpuNanoseconds, earlier.cpuNanoseconds) / 1e9) * 1024,
      memoryMib: usage.memoryBytes / 1024 / 1024,
      readBytesPerSecond: delta(usage.readBytes, earlier.readBytes),
      writeBytesPerSecond: delta(usage.writeBytes, earlier.writeBytes),
      receiveBytesPerSecond: optional(usage.networkReceiveBytes, earlier.networkReceiveBytes),
      transmitBytesPerSecond: optional(usage.networkTransmitBytes, earlier.networkTransmitBytes),
    });
  }
  return rates;
}

function sumOf(rates: readonly Rates[]): Rates {
  const sum = (pick: (rate: Rates) => number) => rates.reduce((total, rate) => total + pick(rate), 0);
  const optional = (pick: (rate: Rates) => number | undefined) => {
    const known = rates.map(pick).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
  };
  return {
    cpuUnits: sum((rate) => rate.cpuUnits),
    memoryMib: sum((rate) => rate.memoryMib),
    readBytesPerSecond: sum((rate) => rate.readBytesPerSecond),
    writeBytesPerSecond: sum((rate) => rate.writeBytesPerSecond),
    receiveBytesPerSecond: optional((rate) => rate.receiveBytesPerSecond),
    transmitBytesPerSecond: optional((rate) => rate.transmitBytesPerSecond),
  };
}

const percent = (used: number, reserved: number): number => (100 * used) / reserved;
