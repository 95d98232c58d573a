import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useText } from '../i18n/text.ts';
import { useScope } from './scope.ts';

/** Whose things are on screen, and in which region: in the URL like everything else. */
export function ScopePicker() {
  const t = useText();
  const scope = useScope();
  return (
    <Popover
      dismissButton={false}
      triggerType="custom"
      position="bottom"
      size="medium"
      header={t('scope.title')}
      content={<ScopeForm key={`${scope.account} ${scope.region}`} />}
    >
      <Button ariaLabel={t('scope.title')}>
        {scope.account} / {scope.region}
      </Button>
    </Popover>
  );
}

function ScopeForm() {
  const t = useText();
  const scope = useScope();
  const navigate = useNavigate();
  const [account, setAccount] = useState(scope.account);
  const [region, setRegion] = useState(scope.region);
  const valid = /^\d{12}$/.test(account) && /^[a-z0-9-]{3,25}$/.test(region);
  return (
    <SpaceBetween size="s">
      <FormField label={t('scope.account')} errorText={/^\d{12}$/.test(account) ? '' : t('scope.account-digits')}>
        <Input value={account} onChange={({ detail }) => setAccount(detail.value)} inputMode="numeric" />
      </FormField>
      <FormField label={t('scope.region')}>
        <Input value={region} onChange={({ detail }) => setRegion(detail.value)} />
      </FormField>
      <Button
        disabled={!valid}
        onClick={() => navigate({ to: '.', search: (before: object) => ({ ...before, account, region }) as never })}
      >
        {t('action.apply')}
      </Button>
      <Box color="text-body-secondary" fontSize="body-s">
        {t('scope.hint')}
      </Box>
    </SpaceBetween>
  );
}
