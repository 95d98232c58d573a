import Box from '@cloudscape-design/components/box';
import { useText } from '../i18n/text.ts';
import { Go } from '../parts/go.tsx';

export function NotFound() {
  const t = useText();
  return (
    <Box padding="xxl" textAlign="center">
      <Box variant="h1">{t('not-found.title')}</Box>
      <Go to="/">{t('page.overview')}</Go>
    </Box>
  );
}
