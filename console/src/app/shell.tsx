import AppLayout from '@cloudscape-design/components/app-layout';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import { Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { Suspense, useCallback, useEffect, useState } from 'react';
import { useText } from '../i18n/text.ts';
import { Loading } from '../parts/states.tsx';
import { watchActions } from '../parts/use-held-rows.ts';
import { HelpDialog } from './help-dialog.tsx';
import { useShellKeys } from './keyboard.ts';
import { pages } from './navigation.ts';
import { usePreferences } from './preferences.tsx';
import { useRootSearch, useStatus } from './scope.ts';
import { SearchDialog } from './search-dialog.tsx';
import { TopBar } from './top-bar.tsx';

const headerId = 'hatoba-top';

export function Shell() {
  const t = useText();
  const preferences = usePreferences();
  const router = useRouter();
  const [dialog, setDialog] = useState<'search' | 'help' | null>(null);
  const [navigationOpen, setNavigationOpen] = useState(() => window.innerWidth > 1100);

  useEffect(watchActions, []);
  useShellKeys({
    search: useCallback(() => setDialog('search'), []),
    help: useCallback(() => setDialog('help'), []),
    go: useCallback(
      (letter: string) => {
        const page = pages.find((candidate) => candidate.letter === letter);
        if (page) router.navigate({ to: page.to });
      },
      [router],
    ),
    utc: () => preferences.set({ utc: !preferences.utc }),
  });

  return (
    <>
      <div id={headerId} className="hatoba-top">
        <TopBar onSearch={() => setDialog('search')} onHelp={() => setDialog('help')} />
      </div>
      <AppLayout
        headerSelector={`#${headerId}`}
        navigation={<Navigation />}
        navigationOpen={navigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        navigationWidth={220}
        toolsHide
        maxContentWidth={Number.MAX_VALUE}
        content={
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        }
        ariaLabels={{ navigation: t('shell.navigation') }}
      />
      {dialog === 'search' && <SearchDialog onClose={() => setDialog(null)} />}
      {dialog === 'help' && <HelpDialog onClose={() => setDialog(null)} />}
    </>
  );
}

function Navigation() {
  const t = useText();
  const router = useRouter();
  const path = useLocation({ select: (location) => location.pathname });
  const version = useStatus().data?.version;
  useRootSearch();
  const href = (to: string) => router.buildLocation({ to: to as '/' }).publicHref;
  const installation = router.buildLocation({ to: '/settings', search: { tab: 'installation' } }).publicHref;
  const section = `/${path.split('/')[1] ?? ''}`.replace(/^\/(tasks|task-definitions)$/, '/services');
  const active = pages.find((page) => page.to === section);
  const item = (page: (typeof pages)[number]) => ({ type: 'link' as const, text: t(page.text), href: href(page.to) });
  return (
    <SideNavigation
      header={{ href: href('/'), text: 'hatoba' }}
      activeHref={active ? href(active.to) : ''}
      items={[
        ...pages.slice(0, -1).map(item),
        { type: 'divider' },
        ...pages.slice(-1).map(item),
        ...(version ? [{ type: 'link' as const, text: `hatoba ${version}`, href: installation }] : []),
      ]}
      onFollow={(event) => {
        event.preventDefault();
        if (event.detail.href === installation) {
          router.navigate({ to: '/settings', search: { tab: 'installation' } });
          return;
        }
        const page = pages.find((candidate) => href(candidate.to) === event.detail.href) ?? pages[0];
        if (page) router.navigate({ to: page.to });
      }}
    />
  );
}
