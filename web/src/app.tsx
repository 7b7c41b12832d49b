import { Alert, Container, Tabs } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { followJobs } from './api/events.js';
import { useAbout } from './api/queries.js';
import { useReadSettings } from './form/fill-form.js';
import { FormSkeleton } from './form/form-layout.js';
import { withoutInvalid } from './form/form-options.js';
import { getForm, setForm, type Tab } from './form/form-store.js';
import { Txt2imgTab } from './generate/generate-tab.js';
import { Header } from './header.js';
import { DropZone } from './ui/drop-zone.js';
import { ErrorBoundary } from './ui/error-boundary.js';

const Img2imgTab = lazy(() => import('./generate/img2img-tab.js'));
const AnimationsTab = lazy(() => import('./animations/animations-tab.js'));
const SettingsTab = lazy(() => import('./settings/settings-tab.js'));

const tabs = ['txt2img', 'img2img', 'Animations', 'Settings'] as const;

const dropHints: Readonly<Record<Tab, string>> = {
  txt2img: 'Drop an image or a movie to use its settings',
  img2img: 'Drop an image or a movie to use its settings, or drop an image on its field to start from it',
};

/** The page: four tabs, of which the open one is in the hash of the address. */
export function App() {
  const tab = useOpenTab();
  const isConnected = useJobEvents();
  useValidForms();
  const formTab: Tab = tab === 'img2img' ? 'img2img' : 'txt2img';
  const readSettings = useReadSettings(formTab);
  const readFile = async (file: File) => {
    if (await readSettings(file)) openTab(formTab);
  };
  return (
    <Container size="xl" py="md" component="main">
      <Header />
      <DropZone hint={dropHints[formTab]} onFile={(file) => void readFile(file)} />
      {!isConnected && (
        <Alert color="yellow" mb="sm" role="status">
          The connection to the service is lost. Reconnecting… Running jobs continue in the meantime.
        </Alert>
      )}
      <Tabs value={tab} onChange={(name) => name && openTab(name)} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <ErrorBoundary key={tab}>
          <Suspense fallback={<FormSkeleton />}>
            <Tabs.Panel value="txt2img">
              <Txt2imgTab />
            </Tabs.Panel>
            <Tabs.Panel value="img2img">
              <Img2imgTab />
            </Tabs.Panel>
            <Tabs.Panel value="Animations">
              <AnimationsTab />
            </Tabs.Panel>
            <Tabs.Panel value="Settings">
              <SettingsTab />
            </Tabs.Panel>
          </Suspense>
        </ErrorBoundary>
      </Tabs>
    </Container>
  );
}

/** The open tab. It is in the hash of the address, so that links and the browser's back button work. */
function useOpenTab(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = () => setHash(location.hash);
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return tabs.find((name) => hash === `#${name}`) ?? 'txt2img';
}

function openTab(name: string): void {
  location.hash = name;
}

/** Keeps the query cache up to date. @returns whether the service is connected */
function useJobEvents(): boolean {
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  useEffect(() => followJobs(queries, setConnected), [queries]);
  return isConnected;
}

/** Removes stored values that the options of this service do not take. */
function useValidForms(): void {
  const { data: about } = useAbout();
  useEffect(() => {
    if (!about) return;
    for (const tab of ['txt2img', 'img2img'] as const) setForm(tab, withoutInvalid(about, getForm(tab)));
  }, [about]);
}
