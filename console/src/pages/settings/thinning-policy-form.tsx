import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Toggle from '@cloudscape-design/components/toggle';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { putThinning, type ThinningPolicy } from '../../api/thinning.ts';
import { useScope } from '../../app/scope.ts';
import { type MessageKey, useText } from '../../i18n/text.ts';
import { ErrorBox } from '../../parts/states.tsx';

type Field = 'hotHours' | 'slowestShare' | 'rareBelow' | 'sampleShare' | 'pressureShare';

const fields: readonly { name: Field; text: MessageKey; hint: MessageKey; percent?: true }[] = [
  { name: 'hotHours', text: 'thinning.hot-hours', hint: 'thinning.hot-hours-hint' },
  { name: 'slowestShare', text: 'thinning.slowest', hint: 'thinning.slowest-hint', percent: true },
  { name: 'rareBelow', text: 'thinning.rare-below', hint: 'thinning.rare-below-hint' },
  { name: 'sampleShare', text: 'thinning.sample', hint: 'thinning.sample-hint', percent: true },
  { name: 'pressureShare', text: 'thinning.pressure', hint: 'thinning.pressure-hint', percent: true },
];

const toText = (value: number, percent: boolean): string => String(Number((percent ? value * 100 : value).toFixed(4)));

/** What is kept of traces that are old: changed here, in force with the next day that is thinned. */
export function ThinningPolicyForm({ policy }: { policy: ThinningPolicy }) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const [isOn, setOn] = useState(policy.isOn);
  const [texts, setTexts] = useState<Record<Field, string>>(
    () =>
      Object.fromEntries(fields.map(({ name, percent }) => [name, toText(policy[name], percent === true)])) as Record<
        Field,
        string
      >,
  );
  const values = fields.map(({ name, percent }): [Field, number] => [name, Number(texts[name]) / (percent ? 100 : 1)]);
  const valid = fields.every(({ name }) => texts[name].trim() !== '' && Number.isFinite(Number(texts[name])));
  const changed = isOn !== policy.isOn || values.some(([name, value]) => Math.abs(value - policy[name]) > 1e-9);
  const save = useMutation({
    mutationFn: () => putThinning(scope, { policy: { isOn, ...Object.fromEntries(values) } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['thinning'] }),
  });
  return (
    <section className="hatoba-box">
      <div className="hatoba-pair-line">
        <div>
          <div className="hatoba-label">{t('thinning.title')}</div>
          <span className="hatoba-soft">{t('thinning.hint')}</span>
        </div>
        <span className="hatoba-nowrap">
          <Toggle checked={isOn} onChange={({ detail }) => setOn(detail.checked)}>
            {t('thinning.on')}
          </Toggle>
        </span>
      </div>
      <div className="hatoba-form hatoba-form-space">
        {fields.map((field) => (
          <FormField key={field.name} label={t(field.text)} constraintText={t(field.hint)}>
            <Input
              value={texts[field.name]}
              inputMode="decimal"
              disabled={!isOn}
              onChange={({ detail }) => setTexts({ ...texts, [field.name]: detail.value })}
            />
          </FormField>
        ))}
      </div>
      {save.error && <ErrorBox error={save.error} />}
      <Button variant="primary" disabled={!changed || !valid} loading={save.isPending} onClick={() => save.mutate()}>
        {t('action.save')}
      </Button>
    </section>
  );
}
