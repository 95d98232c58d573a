import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import type { ReactNode } from 'react';
import { ApiError } from '../api/request.ts';
import { useCodeText, useText } from '../i18n/text.ts';

export function Loading({ text }: { text?: string }) {
  const t = useText();
  return (
    <Box padding="m" color="text-body-secondary">
      <Spinner /> {text ?? t('state.loading')}
    </Box>
  );
}

/** What happened, why, what to do, and the id to look for. */
export function ErrorBox({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useText();
  const code = useCodeText();
  const api = error instanceof ApiError ? error : undefined;
  const gone = api?.code.includes('NotFound') ? t('advice.not-found') : '';
  const advice = api ? code(`advice.${api.code}`, gone) : '';
  return (
    <Alert
      type="error"
      header={api ? t('error.header', { operation: api.operation, code: api.code }) : t('error.ours')}
      {...(onRetry ? { action: <Button onClick={onRetry}>{t('action.retry')}</Button> } : {})}
    >
      <div className="hatoba-wrap">{error instanceof Error ? error.message : String(error)}</div>
      {advice && <div>{advice}</div>}
      {api?.requestId && (
        <Box color="text-body-secondary" fontSize="body-s">
          {t('error.request-id')} <code>{api.requestId}</code>
        </Box>
      )}
    </Alert>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  /** A command that works for this installation. */
  command?: string;
  listening?: boolean;
}

/** Nothing here yet: why, and the command that changes it. */
export function Empty({ title, children, command, listening }: EmptyProps) {
  const t = useText();
  return (
    <Box padding="l" textAlign="center">
      <SpaceBetween size="xs">
        <Box fontWeight="bold">{title}</Box>
        {children && <Box color="text-body-secondary">{children}</Box>}
        {command && (
          <div className="hatoba-command">
            <pre>{command}</pre>
            <CopyToClipboard
              variant="icon"
              textToCopy={command}
              copyButtonAriaLabel={t('action.copy')}
              copySuccessText={t('action.copied')}
              copyErrorText={t('action.copy-failed')}
            />
          </div>
        )}
        {listening && (
          <Box color="text-body-secondary" fontSize="body-s">
            <Spinner /> {t('state.listening')}
          </Box>
        )}
      </SpaceBetween>
    </Box>
  );
}
