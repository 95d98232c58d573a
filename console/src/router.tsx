import { createRootRoute, createRoute, createRouter, lazyRouteComponent, retainSearchParams } from '@tanstack/react-router';
import { NotFound } from './app/not-found.tsx';
import type { RootSearch } from './app/scope.ts';
import { Shell } from './app/shell.tsx';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Keeps the named texts of a URL's search part and drops what no page knows. */
function pick<Key extends string>(search: Record<string, unknown>, keys: readonly Key[]): { [key in Key]?: string } {
  const kept: { [key in Key]?: string } = {};
  for (const key of keys) {
    const value = text(search[key]);
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): RootSearch => {
    const { live, ...rest } = pick(search, ['range', 'account', 'region', 'live'] as const);
    return live === 'off' ? { ...rest, live } : rest;
  },
  search: { middlewares: [retainSearchParams<RootSearch>(['range', 'account', 'region'])] },
});

const routes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/map',
    validateSearch: (search) => pick(search, ['node', 'edge', 'view', 'metric', 'from', 'to'] as const),
    component: lazyRouteComponent(() => import('./pages/map/map-page.tsx'), 'MapPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/traces',
    validateSearch: (search) => pick(search, ['filter', 'sort'] as const),
    component: lazyRouteComponent(() => import('./pages/traces/traces-page.tsx'), 'TracesPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/traces/$traceId',
    validateSearch: (search) => pick(search, ['segment', 'tab', 'find'] as const),
    component: lazyRouteComponent(() => import('./pages/trace/trace-page.tsx'), 'TracePage'),
  }),
] as const;

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
