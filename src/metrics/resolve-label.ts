import type { Series } from './expressions/series.ts';
import type { MetricIdentity } from './model.ts';

interface LabelledMetric {
  readonly identity: MetricIdentity;
  readonly statisticName: string;
  readonly periodSeconds: number;
}

/** A label with its `${LAST}`, `${PROP('Dim.Name')}` and the like filled in; what is unknown stays as it is. */
export function resolveLabel(label: string, series: Series, metric: LabelledMetric | undefined): string {
  if (!label.includes('${')) return label;
  return label.replace(/\$\{(\w+)(?:\('([^']*)'\))?\}/g, (whole, name: string, argument: string | undefined) => {
    if (name === 'PROP') return propertyOf(argument ?? '', metric) ?? whole;
    if (name === 'LABEL') return series.label;
    const value = summaryOf(name, [...series.points.values()]);
    return value === undefined ? whole : value;
  });
}

function propertyOf(name: string, metric: LabelledMetric | undefined): string | undefined {
  if (!metric) return undefined;
  if (name.startsWith('Dim.')) return metric.identity.dimensions[name.slice('Dim.'.length)] ?? '';
  switch (name) {
    case 'MetricName':
      return metric.identity.name;
    case 'Namespace':
      return metric.identity.namespace;
    case 'Stat':
      return metric.statisticName;
    case 'Period':
      return String(metric.periodSeconds);
    default:
      return undefined;
  }
}

function summaryOf(name: string, values: readonly number[]): string | undefined {
  const text = (value: number | undefined) => (value === undefined ? '--' : String(Number(value.toPrecision(6))));
  const sum = values.reduce((total, value) => total + value, 0);
  switch (name) {
    case 'FIRST':
      return text(values[0]);
    case 'LAST':
      return text(values.at(-1));
    case 'MIN':
      return text(values.length === 0 ? undefined : values.reduce((least, value) => Math.min(least, value)));
    case 'MAX':
      return text(values.length === 0 ? undefined : values.reduce((most, value) => Math.max(most, value)));
    case 'AVG':
      return text(values.length === 0 ? undefined : sum / values.length);
    case 'SUM':
      return text(sum);
    case 'DATAPOINT_COUNT':
      return String(values.length);
    default:
      return undefined;
  }
}
