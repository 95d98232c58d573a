import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router';
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

const importTries = 4;

/** A page's program, asked for again when it did not arrive: a browser drops what it is loading when a network interface comes or goes. */
function loadingAgain<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await load();
      } catch (error) {
        if (attempt === importTries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 400 * attempt));
      }
    }
  };
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
    path: '/',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/overview/overview-page.tsx')),
      'OverviewPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/map',
    validateSearch: (search) =>
      pick(search, ['node', 'edge', 'view', 'metric', 'from', 'to', 'show', 'against'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/map/map-page.tsx')),
      'MapPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/traces',
    validateSearch: (search) => pick(search, ['filter', 'sort', 'select', 'drawing'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/traces/traces-page.tsx')),
      'TracesPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/traces/$traceId',
    validateSearch: (search) => pick(search, ['segment', 'tab', 'find', 'compare'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/trace/trace-page.tsx')),
      'TracePage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/services',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/services/clusters-page.tsx')),
      'ClustersPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/services/$cluster',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/services/cluster-page.tsx')),
      'ClusterPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/services/$cluster/$service',
    validateSearch: (search) => pick(search, ['tab', 'left', 'right'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/services/service-page.tsx')),
      'ServicePage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/tasks/$cluster/$task',
    validateSearch: (search) => pick(search, ['tab'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/services/task-page.tsx')),
      'TaskPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/task-definitions/$family/$revision',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/services/task-definition-page.tsx')),
      'TaskDefinitionPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/load-balancers',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/balancers/balancers-page.tsx')),
      'BalancersPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/load-balancers/$name',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/balancers/balancer-page.tsx')),
      'BalancerPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/logs',
    validateSearch: (search) => pick(search, ['group', 'stream', 'pattern', 'tail'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/logs/logs-page.tsx')),
      'LogsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/metrics',
    validateSearch: (search) => pick(search, ['namespace', 'find', 'metrics', 'stat'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/metrics/metrics-page.tsx')),
      'MetricsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/alarms',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/alarms/alarms-page.tsx')),
      'AlarmsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/alarms/$name',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/alarms/alarm-page.tsx')),
      'AlarmPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/canaries',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/canaries/canaries-page.tsx')),
      'CanariesPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/canaries/$name',
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/canaries/canary-page.tsx')),
      'CanaryPage',
    ),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/deployments',
    component: lazyRouteComponent(() => import('./pages/deployments/deployments-page.tsx'), 'DeploymentsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/insights',
    validateSearch: (search) => pick(search, ['state'] as const),
    component: lazyRouteComponent(() => import('./pages/insights/insights-page.tsx'), 'InsightsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/insights/$insightId',
    component: lazyRouteComponent(() => import('./pages/insights/insight-page.tsx'), 'InsightPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/settings',
    validateSearch: (search) => pick(search, ['tab', 'group'] as const),
    component: lazyRouteComponent(
      loadingAgain(() => import('./pages/settings/settings-page.tsx')),
      'SettingsPage',
    ),
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
