import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useText } from '../i18n/text.ts';
import { FreshnessMark } from './freshness.tsx';
import { usePreferences } from './preferences.tsx';
import { RangePicker } from './range-picker.tsx';
import { ScopePicker } from './scope-picker.tsx';

interface TopBarProps {
  onSearch: () => void;
  onHelp: () => void;
}

/** The bar that never changes: whose things, when, how fresh, search, language, mode. */
export function TopBar({ onSearch, onHelp }: TopBarProps) {
  const t = useText();
  const preferences = usePreferences();
  const dark = preferences.mode === 'dark';
  return (
    <header className="hatoba-bar">
      <ScopePicker />
      <div className="hatoba-bar-search">
        <Button iconName="search" onClick={onSearch} ariaLabel={t('search.title')} fullWidth>
          {t('search.button')}
        </Button>
      </div>
      <span className="hatoba-bar-space" />
      <FreshnessMark />
      <RangePicker />
      <ButtonDropdown
        variant="normal"
        ariaLabel={t('shell.language')}
        items={[
          { id: 'en', text: 'English', lang: 'en' },
          { id: 'ja', text: '日本語', lang: 'ja' },
        ]}
        onItemClick={({ detail }) => preferences.set({ language: detail.id === 'ja' ? 'ja' : 'en' })}
      >
        {preferences.language === 'ja' ? '日本語' : 'English'}
      </ButtonDropdown>
      <Button
        variant="icon"
        iconSvg={<ModeIcon dark={dark} />}
        ariaLabel={dark ? t('shell.to-light') : t('shell.to-dark')}
        onClick={() => preferences.set({ mode: dark ? 'light' : 'dark' })}
      />
      <Button variant="icon" iconName="status-info" ariaLabel={t('help.title')} onClick={onHelp} />
    </header>
  );
}

function ModeIcon({ dark }: { dark: boolean }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {dark ? (
        <path d="M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM8 1v1M8 14v1M1 8h1M14 8h1M3 3l.7.7M12.3 12.3l.7.7M3 13l.7-.7M12.3 3.7 13 3" />
      ) : (
        <path d="M13.5 9.5A6 6 0 0 1 6.5 2.500a6 6 0 1 0 7 7Z" />
      )}
    </svg>
  );
}
