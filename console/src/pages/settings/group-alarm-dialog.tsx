import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { putMetricAlarm } from '../../api/cloudwatch.ts';
import type { Group } from '../../api/groups.ts';
import { useScope } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { ErrorBox } from '../../parts/states.tsx';
import { groupMetrics } from './group-metrics.tsx';

const periodSeconds = 60;

/** An alarm on what becomes of a group's traces: by default one fault in each of two minutes. */
export function GroupAlarmDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [metric, setMetric] = useState<(typeof groupMetrics)[number]>('FaultCount');
  const [name, setName] = useState(`${group.GroupName}-faults`);
  const [threshold, setThreshold] = useState('1');
  const [minutes, setMinutes] = useState('2');
  const hasThreshold = threshold.trim() !== '' && Number.isFinite(Number(threshold));
  const valid = name !== '' && hasThreshold && /^[1-9]\d{0,2}$/.test(minutes);
  const isTime = metric === 'ResponseTime';
  const save = useMutation({
    mutationFn: () =>
      putMetricAlarm(scope, {
        AlarmName: name,
        AlarmDescription: group.FilterExpression ?? '',
        Namespace: 'AWS/X-Ray',
        MetricName: metric,
        Dimensions: [{ Name: 'GroupName', Value: group.GroupName }],
        ...(isTime ? { ExtendedStatistic: 'p95' } : { Statistic: 'Sum' }),
        Period: periodSeconds,
        EvaluationPeriods: Number(minutes),
        Threshold: Number(threshold),
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['alarms'] });
      await navigate({ to: '/alarms/$name', params: { name } });
    },
  });
  const labels = {
    FaultCount: t('outcome.fault'),
    ErrorCount: t('outcome.error'),
    ThrottleCount: t('outcome.throttle'),
    ApproximateTraceCount: t('page.traces'),
    ResponseTime: `${t('column.response-time')} (p95)`,
  };
  const options = groupMetrics.map((value) => ({ value, label: labels[value] }));
  return (
    <Modal
      visible
      onDismiss={onClose}
      header={t('groups.alarm-on', { name: group.GroupName })}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button variant="primary" disabled={!valid} loading={save.isPending} onClick={() => save.mutate()}>
              {t('groups.create-alarm')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t('column.name')}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField label={t('groups.metric')}>
          <Select
            selectedOption={options.find((option) => option.value === metric) ?? null}
            options={options}
            onChange={({ detail }) => setMetric((detail.selectedOption.value ?? 'FaultCount') as typeof metric)}
          />
        </FormField>
        <FormField label={t(isTime ? 'groups.threshold-seconds' : 'groups.threshold-count')}>
          <Input value={threshold} inputMode="decimal" onChange={({ detail }) => setThreshold(detail.value)} />
        </FormField>
        <FormField label={t('groups.minutes')}>
          <Input value={minutes} inputMode="numeric" onChange={({ detail }) => setMinutes(detail.value)} />
        </FormField>
        {save.error && <ErrorBox error={save.error} />}
      </SpaceBetween>
    </Modal>
  );
}
