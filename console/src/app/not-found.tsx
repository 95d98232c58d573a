import { useLocation } from '@tanstack/react-router';
import { useText } from '../i18n/text.ts';
import { Go } from '../parts/go.tsx';
import { Page } from '../parts/page.tsx';

export function NotFound() {
  const t = useText();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <Page title={t('not-found.title')}>
      <p>
        <code className="hatoba-wrap">{path}</code>
      </p>
      <p>{t('not-found.hint')}</p>
      <Go to="/">{t('page.overview')}</Go>
    </Page>
  );
}
