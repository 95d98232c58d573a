import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import type { ReactNode } from 'react';
import { useKey } from '../app/keyboard.ts';
import { useText } from '../i18n/text.ts';
import { shorten } from './shorten.ts';

interface SidePanelProps {
  title: string;
  description?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** Details beside the list they belong to; Escape closes it. */
export function SidePanel({ title, description, onClose, children }: SidePanelProps) {
  const t = useText();
  useKey('Escape', onClose);
  return (
    <aside className="hatoba-panel" aria-label={title}>
      <Container
        header={
          <Header
            variant="h2"
            description={description}
            actions={<Button variant="icon" iconName="close" ariaLabel={t('action.close')} onClick={onClose} />}
          >
            <span className="hatoba-wrap" title={title}>
              {shorten(title, 160)}
            </span>
          </Header>
        }
      >
        {children}
      </Container>
    </aside>
  );
}
