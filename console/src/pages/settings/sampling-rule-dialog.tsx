import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createSamplingRule, type SamplingRule, updateSamplingRule } from '../../api/xray.ts';
import { useScope } from '../../app/scope.ts';
import { type MessageKey, useText } from '../../i18n/text.ts';
import { ErrorBox } from '../../parts/states.tsx';
import { fromLines, toLines } from './rule-attributes.ts';
import { RulePreview } from './rule-preview.tsx';

const fresh: SamplingRule = {
  RuleName: '',
  ResourceARN: '*',
  Priority: 100,
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
};

type Field =
  | 'RuleName'
  | 'Priority'
  | 'ReservoirSize'
  | 'FixedRate'
  | 'ServiceName'
  | 'ServiceType'
  | 'Host'
  | 'HTTPMethod'
  | 'URLPath';

const fields: readonly { name: Field; text: MessageKey; number?: true; ofDefault?: true }[] = [
  { name: 'RuleName', text: 'column.name' },
  { name: 'Priority', text: 'balancers.priority', number: true },
  { name: 'ReservoirSize', text: 'sampling.reservoir', number: true, ofDefault: true },
  { name: 'FixedRate', text: 'sampling.rate-0-1', number: true, ofDefault: true },
  { name: 'ServiceName', text: 'sampling.service-name' },
  { name: 'ServiceType', text: 'sampling.service-type' },
  { name: 'Host', text: 'sampling.host' },
  { name: 'HTTPMethod', text: 'facet.method' },
  { name: 'URLPath', text: 'sampling.path' },
];

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** What a copy takes over: all but the name, the ARN and the version. */
function patternsOf(rule: SamplingRule): Partial<SamplingRule> {
  const { RuleName, RuleARN, Version, ...rest } = rule;
  return { ...rest, Priority: Math.max(1, rule.Priority - 1) };
}

interface SamplingRuleDialogProps {
  /** The rule to change; undefined makes a new one. */
  rule: SamplingRule | undefined;
  /** What a new one begins with. */
  like?: SamplingRule | undefined;
  onClose: () => void;
}

/** Creates a rule, or changes one. Of the built-in rule only its two numbers can be changed. */
export function SamplingRuleDialog({ rule, like, onClose }: SamplingRuleDialogProps) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const before = rule ?? (like ? { ...fresh, ...patternsOf(like) } : fresh);
  const [texts, setTexts] = useState<Record<Field, string>>(
    () => Object.fromEntries(fields.map(({ name }) => [name, String(before[name] ?? '')])) as Record<Field, string>,
  );
  const [lines, setLines] = useState(() => toLines(before.Attributes));
  const attributes = fromLines(lines);
  const isDefault = rule?.RuleName === 'Default';
  const shown = fields.filter((field) => (isDefault ? field.ofDefault : rule ? field.name !== 'RuleName' : true));
  const changed: Partial<SamplingRule> = {
    ...Object.fromEntries(shown.map(({ name, number }) => [name, number ? Number(texts[name]) : texts[name]])),
    ...(!isDefault && attributes ? { Attributes: attributes } : {}),
  };
  const draft: SamplingRule = { ...before, ...changed };
  const save = useMutation({
    mutationFn: () => {
      return rule
        ? updateSamplingRule(scope, { ...changed, RuleName: before.RuleName ?? '' })
        : createSamplingRule(scope, { ...before, ...changed });
    },
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['sampling-rules'] });
    },
  });
  const valid = attributes !== undefined && shown.every((field) => !field.number || isNumber(texts[field.name]));
  return (
    <Modal
      visible
      size="large"
      onDismiss={onClose}
      header={rule ? t('sampling.edit', { name: rule.RuleName ?? '' }) : t('sampling.create')}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              variant="primary"
              disabled={!valid || (!rule && !texts.RuleName)}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              {t('action.save')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <div className="hatoba-form">
          {shown.map((field) => (
            <FormField
              key={field.name}
              label={t(field.text)}
              errorText={field.number && !isNumber(texts[field.name]) ? t('sampling.not-a-number') : ''}
            >
              <Input
                value={texts[field.name]}
                {...(field.number ? { inputMode: 'decimal' as const } : {})}
                onChange={({ detail }) => setTexts({ ...texts, [field.name]: detail.value })}
              />
            </FormField>
          ))}
        </div>
        {!isDefault && (
          <FormField
            label={t('sampling.attributes')}
            constraintText={t('sampling.attributes-hint')}
            errorText={attributes ? '' : t('sampling.attributes-wrong')}
            stretch
          >
            <Textarea value={lines} rows={2} onChange={({ detail }) => setLines(detail.value)} />
          </FormField>
        )}
        {valid && <RulePreview rule={draft} />}
        {save.error && <ErrorBox error={save.error} />}
      </SpaceBetween>
    </Modal>
  );
}
