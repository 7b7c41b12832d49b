import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { followJobs } from './api/events.js';
import { useAbout } from './api/queries.js';
import { Txt2img } from './create/create-page.js';
import { useReadSettings } from './form/fill-form.js';
import { FormSkeleton } from './form/form-layout.js';
import { withoutInvalid } from './form/form-options.js';
import { getForm, setForm, type Tab } from './form/form-store.js';
import { notifyEnded } from './queue/notify.js';
import { QueueButton } from './queue/queue-button.js';
import { useTabProgress } from './queue/tab-progress.js';
import { goTo, type Place, usePlace } from './shell/place.js';
import classes from './shell/shell.module.css';
import { PhoneTabs, TopBar } from './shell/top-bar.js';
import { DropZone } from './ui/drop-zone.js';
import { ErrorBoundary } from './ui/error-boundary.js';
import { useKey } from './ui/keys.js';
import { useLanguage } from './words/language.js';
import { words } from './words/words.js';

const Img2img = lazy(() => import('./create/img2img.js'));
const Library = lazy(() => import('./animations/animations-tab.js'));
const Settings = lazy(() => import('./settings/settings-tab.js'));
const KeysHelp = lazy(() => import('./shell/keys-help.js'));

/** The page: the top bar, and the place that the address names. */
export function App() {
  // Everything is drawn again in another language.
  return <Page key={useLanguage()} />;
}

function Page() {
  const place = usePlace();
  const [areKeysShown, setKeysShown] = useState(false);
  const isConnected = useJobEvents();
  useValidForms();
  useTabProgress();
  useKey('?', () => setKeysShown(true));
  const formTab: Tab = place === 'img2img' ? 'img2img' : 'txt2img';
  const readSettings = useReadSettings(formTab);
  const readFile = async (file: File) => {
    if (await readSettings(file)) goTo(formTab);
  };
  return (
    <div className={classes.page}>
      <TopBar place={place} onKeys={() => setKeysShown(true)} />
      <DropZone
        hint={formTab === 'img2img' ? words().notices.dropPicture : words().notices.dropSettings}
        onFile={(file) => void readFile(file)}
      />
      {!isConnected && (
        <div className={classes.notice} role="status">
          {words().connection.lost}
        </div>
      )}
      <ErrorBoundary key={place}>
        <Suspense fallback={<FormSkeleton />}>
          <PlaceView place={place} />
        </Suspense>
      </ErrorBoundary>
      <PhoneTabs place={place}>
        <QueueButton isTab />
      </PhoneTabs>
      {areKeysShown && (
        <Suspense>
          <KeysHelp onClose={() => setKeysShown(false)} />
        </Suspense>
      )}
    </div>
  );
}

function PlaceView({ place }: { readonly place: Place }) {
  switch (place) {
    case 'txt2img':
      return <Txt2img />;
    case 'img2img':
      return <Img2img />;
    case 'library':
      return (
        <main className={classes.full}>
          <Library />
        </main>
      );
    case 'settings':
      return (
        <main className={classes.full}>
          <div className={classes.narrow}>
            <Settings />
          </div>
        </main>
      );
  }
}

/** Keeps the query cache up to date. @returns whether the service is connected */
function useJobEvents(): boolean {
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  useEffect(() => followJobs(queries, setConnected, notifyEnded), [queries]);
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
