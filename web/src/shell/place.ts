import { useEffect, useState } from 'react';

/**
 * The places of the page, which are hashes of the address, so that links and the browser's back button work. The names of
 * the web UIs' tabs stay those of making pictures.
 */
const places = ['txt2img', 'img2img', 'library', 'settings'] as const;
export type Place = (typeof places)[number];

/** Names of former versions, which links may have. */
const formerNames: ReadonlyMap<string, Place> = new Map([
  ['Animations', 'library'],
  ['Settings', 'settings'],
]);

/** The place that the address names; without one, making a picture from words. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = () => setHash(location.hash);
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  const named = hash.slice(1);
  return formerNames.get(named) ?? places.find((place) => place === named) ?? 'txt2img';
}

export function goTo(place: Place): void {
  location.hash = place;
}
