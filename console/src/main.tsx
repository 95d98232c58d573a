import '@cloudscape-design/global-styles/index.css';
import './theme.css';
import './console.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { PreferencesProvider } from './app/preferences.tsx';
import { reloadWhatFailed } from './reload-what-failed.ts';
import { router } from './router.tsx';

reloadWhatFailed();

const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 2000, gcTime: 120_000 } } });
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <PreferencesProvider>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </PreferencesProvider>,
);
