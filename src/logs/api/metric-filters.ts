import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { type FilterPattern, parseFilterPattern } from '../filter/filter-pattern.ts';
import type { MetricFilter, MetricTransformation } from '../model.ts';
import { type LogsDependencies, page } from './shared.ts';

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs');
type MetricFilterOperations = Pick<
  Handlers<Sdk>,
  'PutMetricFilter' | 'DescribeMetricFilters' | 'DeleteMetricFilter' | 'TestMetricFilter'
>;
type SdkTransformation = import('@aws-sdk/client-cloudwatch-logs').MetricTransformation;

const filtersPerGroupMax = 100;
const dimensionsMax = 3;

export function metricFilterOperations({ store, clock }: LogsDependencies): MetricFilterOperations {
  return {
    async PutMetricFilter(input, context) {
      const group = await store.getGroup(context, input.logGroupName!);
      const pattern = parseFilterPattern(input.filterPattern!);
      const transformation = toTransformation(input.metricTransformations![0]!, pattern);
      const existing = await store.listMetricFilters(context, group.name);
      const isNew = !existing.some((filter) => filter.filterName === input.filterName);
      if (isNew && existing.length >= filtersPerGroupMax)
        throw awsError('LimitExceededException', 'Resource limit exceeded.');
      await store.putMetricFilter(context, {
        filterName: input.filterName!,
        logGroupName: group.name,
        filterPattern: input.filterPattern!,
        transformation,
        createdAtMs: clock.now().getTime(),
      });
      return {};
    },
    async DescribeMetricFilters(input, context) {
      if ((input.metricName === undefined) !== (input.metricNamespace === undefined)) {
        throw awsError(
          'InvalidParameterException',
          'If you include the metricName parameter, you must include metricNamespace, too.',
        );
      }
      if (input.logGroupName !== undefined) await store.getGroup(context, input.logGroupName);
      const filters = (await store.listMetricFilters(context, input.logGroupName))
        .filter((filter) => filter.filterName.startsWith(input.filterNamePrefix ?? ''))
        .filter(
          ({ transformation }) =>
            input.metricName === undefined ||
            (transformation.metricName === input.metricName &&
              transformation.metricNamespace === input.metricNamespace),
        );
      const { items, nextToken } = page(filters, (filter) => `${filter.filterName}:${filter.logGroupName}`, input);
      return { metricFilters: items.map(describeMetricFilter), ...(nextToken && { nextToken }) };
    },
    async DeleteMetricFilter({ logGroupName, filterName }, context) {
      await store.getGroup(context, logGroupName!);
      if (!(await store.deleteMetricFilter(context, logGroupName!, filterName!))) {
        throw awsError('ResourceNotFoundException', 'The specified metric filter does not exist.');
      }
      return {};
    },
    TestMetricFilter({ filterPattern, logEventMessages }) {
      const pattern = parseFilterPattern(filterPattern!);
      return {
        matches: logEventMessages!.flatMap((eventMessage, index) => {
          const match = pattern.match(eventMessage);
          return match ? [{ eventNumber: index + 1, eventMessage, extractedValues: { ...match.extractedValues } }] : [];
        }),
      };
    },
  };
}

function toTransformation(input: SdkTransformation, pattern: FilterPattern): MetricTransformation {
  const dimensions = input.dimensions ?? {};
  const names = Object.keys(dimensions);
  if (names.length > 0 && input.defaultValue !== undefined) {
    const text = 'Invalid metric transformation: dimensions and default value are mutually exclusive properties.';
    throw awsError('InvalidParameterException', text);
  }
  if (names.length > dimensionsMax) {
    throw awsError('InvalidParameterException', `A metric transformation has at most ${dimensionsMax} dimensions.`);
  }
  if (names.length > 0 && pattern.kind === 'text') {
    throw awsError('InvalidParameterException', 'Dimensions need a JSON pattern or a pattern of fields.');
  }
  const isSelector = input.metricValue!.startsWith('$');
  if (isSelector ? pattern.kind === 'text' : !Number.isFinite(Number(input.metricValue))) {
    throw awsError('InvalidParameterException', `Invalid metric transformation: metricValue ${input.metricValue}`);
  }
  return {
    metricName: input.metricName!,
    metricNamespace: input.metricNamespace!,
    metricValue: input.metricValue!,
    ...(input.defaultValue !== undefined && { defaultValue: input.defaultValue }),
    ...(input.unit !== undefined && { unit: input.unit }),
    ...(names.length > 0 && { dimensions }),
  };
}

const describeMetricFilter = ({ transformation, createdAtMs, ...filter }: MetricFilter) => ({
  ...filter,
  creationTime: createdAtMs,
  metricTransformations: [
    {
      ...transformation,
      unit: transformation.unit as SdkTransformation['unit'],
      dimensions: transformation.dimensions as Record<string, string> | undefined,
    },
  ],
});
