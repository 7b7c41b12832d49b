// In layers of their own, so that the page's styles win wherever they stand.
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './theme/tokens.css';
import './theme/base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { cssVariables, theme } from './theme/theme.js';
import { ErrorBoundary } from './ui/error-boundary.js';
import { startLanguage } from './words/language.js';

const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 5000, retry: 2 } } });
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root".');
await startLanguage();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
        <Notifications />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
