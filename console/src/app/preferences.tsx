import { I18nProvider } from '@cloudscape-design/components/i18n';
import { applyMode, Mode } from '@cloudscape-design/global-styles';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { setFormatLanguage } from '../i18n/format.ts';
import { type Language, type Messages, TextContext } from '../i18n/text.ts';

export interface Preferences {
  language: Language;
  mode: 'light' | 'dark';
  utc: boolean;
}

interface PreferencesValue extends Preferences {
  set: (change: Partial<Preferences>) => void;
}

const storageKey = 'hatoba.preferences';
const PreferencesContext = createContext<PreferencesValue | null>(null);

function initialPreferences(): Preferences {
  const byBrowser: Preferences = {
    language: navigator.language.startsWith('ja') ? 'ja' : 'en',
    mode: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    utc: false,
  };
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Preferences>;
    return {
      language: stored.language === 'ja' || stored.language === 'en' ? stored.language : byBrowser.language,
      mode: stored.mode === 'dark' || stored.mode === 'light' ? stored.mode : byBrowser.mode,
      utc: stored.utc === true,
    };
  } catch {
    return byBrowser;
  }
}

/** Our words and those of the components, loaded only for the language on screen. */
async function loadLanguage(language: Language): Promise<{ ours: Messages; components: object }> {
  if (language === 'ja') {
    const [ours, components] = await Promise.all([
      import('../i18n/ja.json'),
      import('@cloudscape-design/components/i18n/messages/all.ja'),
    ]);
    return { ours: ours.default, components: components.default };
  }
  const [ours, components] = await Promise.all([
    import('../i18n/en.json'),
    import('@cloudscape-design/components/i18n/messages/all.en'),
  ]);
  return { ours: ours.default, components: components.default };
}

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [preferences, setPreferences] = useState(initialPreferences);
  const [loaded, setLoaded] = useState<{ language: Language; ours: Messages; components: object } | null>(null);
  const { language, mode } = preferences;

  useEffect(() => {
    let current = true;
    loadLanguage(language).then((words) => {
      if (!current) return;
      setFormatLanguage(language);
      setLoaded({ language, ...words });
    });
    document.documentElement.lang = language;
    return () => {
      current = false;
    };
  }, [language]);

  useEffect(() => applyMode(mode === 'dark' ? Mode.Dark : Mode.Light), [mode]);

  const value = useMemo<PreferencesValue>(
    () => ({
      ...preferences,
      set: (change) =>
        setPreferences((before) => {
          const after = { ...before, ...change };
          localStorage.setItem(storageKey, JSON.stringify(after));
          return after;
        }),
    }),
    [preferences],
  );
  const text = useMemo(() => loaded && { messages: loaded.ours, language: loaded.language }, [loaded]);
  if (!loaded || !text) return null;
  return (
    <PreferencesContext value={value}>
      <TextContext value={text}>
        <I18nProvider locale={loaded.language} messages={[loaded.components as never]}>
          {children}
        </I18nProvider>
      </TextContext>
    </PreferencesContext>
  );
}

export function usePreferences(): PreferencesValue {
  const value = useContext(PreferencesContext);
  if (!value) throw new Error('usePreferences is used outside its provider');
  return value;
}
