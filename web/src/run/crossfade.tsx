import { useEffect, useState } from 'react';
import classes from './crossfade.module.css';

type Props = { readonly url: string; readonly alt: string };

/** The newest of several pictures; it fades in over the one before as soon as it is loaded, so that nothing flickers. */
export function Crossfade({ url, alt }: Props) {
  const [layers, setLayers] = useState<readonly string[]>([]);
  useEffect(() => {
    let isWanted = true;
    const picture = new Image();
    picture.src = url;
    picture.decode().then(
      () => isWanted && setLayers((before) => (before.at(-1) === url ? before : [...before, url].slice(-2))),
      // It was let go of before it was drawn: the next one comes soon.
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [url]);
  return layers.map((layer, index) => {
    const isNewest = index === layers.length - 1;
    return (
      <img key={layer} src={layer} alt={isNewest ? alt : ''} className={classes.layer} data-fades={index > 0 || null} />
    );
  });
}
