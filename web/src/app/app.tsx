import { Alert, Container, Tabs } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { followJobs } from '../api/events.js';
import { useAbout } from '../api/queries.js';
import { DropAnywhere } from '../drop/drop-anywhere.js';
import { fitting } from '../form/form-options.js';
import { FormSkeleton } from '../form/form-skeleton.js';
import { getForm, restoreForm, type Tab } from '../form/form-store.js';
import { Header } from './header.js';
import { Txt2imgTab } from './txt2img-tab.js';

const Img2imgTab = lazy(() => import('../img2img/img2img-tab.js'));
const AnimationsTab = lazy(() => import('../animations/animations-tab.js'));
const SettingsTab = lazy(() => import('../settings/settings-tab.js'));

const tabs = ['txt2img', 'img2img', 'Animations', 'Settings'] as const;

/** The page: four tabs, of which the address names the open one. */
export function App() {
  const [tab, setTab] = useOpenTab();
  const isConnected = useJobEvents();
  useFittingForms();
  const formTab: Tab = tab === 'img2img' ? 'img2img' : 'txt2img';
  const showForm = useCallback(() => setTab(formTab), [setTab, formTab]);
  return (
    <Container size="xl" py="md" component="main">
      <Header />
      <DropAnywhere tab={formTab} onRead={showForm} />
      {!isConnected && (
        <Alert color="yellow" mb="sm" role="status">
          The service cannot be heard; trying again. What is being made goes on meanwhile.
        </Alert>
      )}
      <Tabs value={tab} onChange={(name) => name && setTab(name)} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
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
      </Tabs>
    </Container>
  );
}

/** The open tab, which is in the address after `#`, so that it can be linked to and gone back from. */
function useOpenTab(): [string, (name: string) => void] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const named = decodeURIComponent(hash.slice(1));
  const open = tabs.find((name) => name === named) ?? 'txt2img';
  return [open, openTab];
}

function openTab(name: string): void {
  location.hash = name;
}

/** Follows the jobs as long as the page is open; whether the service can be heard. */
function useJobEvents(): boolean {
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  useEffect(() => followJobs(queries, setConnected), [queries]);
  return isConnected;
}

/** Drops what forms of an earlier time hold and the options of this service do not take. */
function useFittingForms(): void {
  const { data: about } = useAbout();
  useEffect(() => {
    if (!about) return;
    for (const tab of ['txt2img', 'img2img'] as const) restoreForm(tab, fitting(about, getForm(tab)));
  }, [about]);
}
