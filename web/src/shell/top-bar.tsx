import { Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { AutoIcon, FilmIcon, GearIcon, KeyboardIcon, WandIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import type { Place } from './place.js';
import classes from './shell.module.css';

type Props = { readonly place: Place; readonly onKeys: () => void };

/** The name, the places, and what concerns the page itself. */
export function TopBar({ place, onKeys }: Props) {
  const { nav } = words();
  return (
    <header className={classes.top}>
      <h1 className={classes.brand}>
        <img src="/icon.svg" alt="" width={26} height={26} />
        <span>Steps Animation</span>
      </h1>
      <nav className={classes.nav} aria-label={nav.pages}>
        <PlaceLinks place={place} />
      </nav>
      <span className={classes.grow} />
      <Tooltip label={`${nav.keys} (?)`}>
        <button
          type="button"
          className={classes.iconButton}
          data-desktop
          aria-label={nav.keys}
          onClick={onKeys}
          aria-haspopup="dialog"
        >
          <KeyboardIcon />
        </button>
      </Tooltip>
      <SchemeButton />
      <Tooltip label={nav.settings}>
        <a
          href="#settings"
          className={classes.iconButton}
          aria-label={nav.settings}
          aria-current={place === 'settings' ? 'page' : undefined}
        >
          <GearIcon />
        </a>
      </Tooltip>
    </header>
  );
}

function PlaceLinks({ place, hasIcons = false }: { readonly place: Place; readonly hasIcons?: boolean }) {
  const { nav } = words();
  const isCreate = place === 'txt2img' || place === 'img2img';
  return (
    <>
      <a href={isCreate ? `#${place}` : '#txt2img'} aria-current={isCreate ? 'page' : undefined}>
        {hasIcons && <WandIcon size={20} />}
        {nav.create}
      </a>
      <a href="#library" aria-current={place === 'library' ? 'page' : undefined}>
        {hasIcons && <FilmIcon size={20} />}
        {nav.library}
      </a>
    </>
  );
}

/** On phones, the places are at the bottom, where thumbs are. */
export function PhoneTabs({ place, children }: { readonly place: Place; readonly children?: ReactNode }) {
  return (
    <nav className={classes.tabs} aria-label={words().nav.pages}>
      <PlaceLinks place={place} hasIcons />
      {children}
    </nav>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('dark', { getInitialValueInEffect: false });
  const { nav } = words();
  return (
    <Tooltip label={nav.scheme}>
      <button
        type="button"
        className={classes.iconButton}
        aria-label={nav.scheme}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        <AutoIcon />
      </button>
    </Tooltip>
  );
}
