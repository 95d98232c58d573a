import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
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

interface UpdateDialogProps extends DialogProps {
  title: string;
  action: string;
  /** What UpdateService is told; undefined while it makes no sense. */
  change: { desiredCount?: number; taskDefinition?: string; forceNewDeployment?: boolean } | undefined;
  children: ReactNode;
}

/** Asks for one change of a service, and makes it. */
function UpdateDialog({ cluster, service, onClose, title, action, change, children }: UpdateDialogProps) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const update = useMutation({
    mutationFn: (input: Parameters<typeof updateService>[1]) => updateService(scope, input),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries();
    },
  });
  return (
    <Modal
      visible
      onDismiss={onClose}
      header={title}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              variant="primary"
              disabled={change === undefined}
              loading={update.isPending}
              onClick={() => update.mutate({ cluster, service: service.serviceName, ...change })}
            >
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {children}
        {update.error && <ErrorBox error={update.error} />}
      </SpaceBetween>
    </Modal>
  );
}

function DeployDialog(props: DialogProps) {
  const t = useText();
  const { service } = props;
  const current = lastPart(service.taskDefinition);
  const { family } = familyAndRevision(current);
  const [chosen, setChosen] = useState(current);
  const revisions = useLive(['revisions', family], ({ scope, signal }) => listTaskDefinitions(scope, family, signal), {
    ranged: false,
  });
  const names = (revisions.data ?? [service.taskDefinition]).map(lastPart);
  return (
    <UpdateDialog
      {...props}
      title={t('service.deploy-title', { name: service.serviceName })}
      action={t('service.deploy')}
      change={{ taskDefinition: chosen, forceNewDeployment: chosen === current }}
    >
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
    </UpdateDialog>
  );
}

function ScaleDialog(props: DialogProps) {
  const t = useText();
  const { service } = props;
  const [count, setCount] = useState(String(service.desiredCount));
  return (
    <UpdateDialog
      {...props}
      title={t('service.scale-title', { name: service.serviceName })}
      action={t('action.apply')}
      change={/^\d{1,4}$/.test(count) ? { desiredCount: Number(count) } : undefined}
    >
      <FormField label={t('service.desired')}>
        <Input type="number" value={count} onChange={({ detail }) => setCount(detail.value)} />
      </FormField>
    </UpdateDialog>
  );
}
