import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { listTaskDefinitions, type Service, updateService } from '../../api/ecs.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { familyAndRevision, lastPart } from '../../parts/arn.ts';
import { ErrorBox } from '../../parts/states.tsx';

/** Deploy another revision (a roll back is one, too) or the same anew; change how many tasks there are. */
export function ServiceActions({ cluster, service }: { cluster: string; service: Service }) {
  const t = useText();
  const [open, setOpen] = useState<'deploy' | 'scale' | null>(null);
  const close = () => setOpen(null);
  return (
    <SpaceBetween size="xs" direction="horizontal">
      <Button onClick={() => setOpen('scale')}>{t('service.scale')}</Button>
      <Button variant="primary" onClick={() => setOpen('deploy')}>
        {t('service.deploy')}
      </Button>
      {open === 'deploy' && <DeployDialog cluster={cluster} service={service} onClose={close} />}
      {open === 'scale' && <ScaleDialog cluster={cluster} service={service} onClose={close} />}
    </SpaceBetween>
  );
}

interface DialogProps {
  cluster: string;
  service: Service;
  onClose: () => void;
}

function useUpdate(onClose: () => void) {
  const scope = useScope();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Parameters<typeof updateService>[1]) => updateService(scope, input),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries();
    },
  });
}

function DeployDialog({ cluster, service, onClose }: DialogProps) {
  const t = useText();
  const current = lastPart(service.taskDefinition);
  const { family } = familyAndRevision(current);
  const [chosen, setChosen] = useState(current);
  const update = useUpdate(onClose);
  const revisions = useLive(['revisions', family], ({ scope, signal }) => listTaskDefinitions(scope, family, signal), {
    ranged: false,
  });
  const names = (revisions.data ?? [service.taskDefinition]).map(lastPart);
  return (
    <Modal
      visible
      onDismiss={onClose}
      header={t('service.deploy-title', { name: service.serviceName })}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              variant="primary"
              loading={update.isPending}
              onClick={() =>
                update.mutate({
                  cluster,
                  service: service.serviceName,
                  taskDefinition: chosen,
                  forceNewDeployment: chosen === current,
                })
              }
            >
              {t('service.deploy')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t('services.task-definition')} description={t('service.deploy-hint')}>
          <Select
            selectedOption={{ value: chosen, label: chosen }}
            options={names.map((name) => ({
              value: name,
              label: name,
              ...(name === current ? { description: t('service.deployed-now') } : {}),
            }))}
            onChange={({ detail }) => setChosen(detail.selectedOption.value ?? current)}
          />
        </FormField>
        {update.error && <ErrorBox error={update.error} />}
      </SpaceBetween>
    </Modal>
  );
}

function ScaleDialog({ cluster, service, onClose }: DialogProps) {
  const t = useText();
  const [count, setCount] = useState(String(service.desiredCount));
  const update = useUpdate(onClose);
  const valid = /^\d{1,4}$/.test(count);
  return (
    <Modal
      visible
      onDismiss={onClose}
      header={t('service.scale-title', { name: service.serviceName })}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              variant="primary"
              disabled={!valid}
              loading={update.isPending}
              onClick={() => update.mutate({ cluster, service: service.serviceName, desiredCount: Number(count) })}
            >
              {t('action.apply')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t('service.desired')}>
          <Input type="number" value={count} onChange={({ detail }) => setCount(detail.value)} />
        </FormField>
        {update.error && <ErrorBox error={update.error} />}
      </SpaceBetween>
    </Modal>
  );
}
