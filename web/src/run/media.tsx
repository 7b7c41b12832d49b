import { Button, Center, Stack, Text } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type CSSProperties, useState } from 'react';
import { DownloadIcon } from '../app/icons.js';
import classes from './media.module.css';

/** How browsers show the movies of a codec; ProRes they cannot play. */
export function kindOf(codec: string): 'video' | 'image' | 'none' {
  if (['gif', 'webp', 'apng'].includes(codec)) return 'image';
  return codec.startsWith('prores') ? 'none' : 'video';
}

type Props = {
  readonly codec: string;
  readonly url: string;
  readonly posterUrl: string;
  /** what it shows, in words */
  readonly alt: string;
  /** whether it can be stopped, as what is shown large must be */
  readonly hasControls?: boolean;
  readonly style?: CSSProperties;
};

/**
 * A movie that plays by itself, muted, in a loop; for those who want less motion it waits to be started. What the
 * browser cannot play is shown as its last picture, with a word why.
 */
export function Movie(props: Props) {
  const [broken, setBroken] = useState<string>();
  const { codec, url, posterUrl, alt, hasControls = false, style } = props;
  const isStill = useReducedMotion(false, { getInitialValueInEffect: false });
  if (kindOf(codec) === 'none') return <Poster {...props} reason="Browsers do not play ProRes." />;
  if (broken === url) return <Poster {...props} reason={`This browser does not play ${codec}.`} />;
  if (kindOf(codec) === 'image') return <MovingImage key={url} {...props} playsAtFirst={!isStill} />;
  return (
    <video
      key={url}
      {...{ src: url, poster: posterUrl, autoPlay: !isStill, muted: true, loop: true, playsInline: true }}
      controls={hasControls || isStill}
      aria-label={alt}
      className={classes.whole}
      style={style}
      onError={() => setBroken(url)}
    />
  );
}

/** A GIF and its like, which browsers themselves do not let people stop. */
function MovingImage({
  url,
  posterUrl,
  alt,
  hasControls = false,
  style,
  playsAtFirst,
}: Props & { readonly playsAtFirst: boolean }) {
  const [plays, setPlays] = useState(playsAtFirst);
  return (
    <div className={classes.moving} style={style}>
      <img src={plays ? url : posterUrl} alt={alt} className={classes.whole} style={{ borderRadius: 'inherit' }} />
      {hasControls && (
        <Button className={classes.toggle} size="compact-xs" variant="default" onClick={() => setPlays(!plays)}>
          {plays ? 'Stop' : 'Play'}
        </Button>
      )}
    </div>
  );
}

function Poster({ url, posterUrl, alt, hasControls = false, style, reason }: Props & { readonly reason: string }) {
  return (
    <div>
      <img src={posterUrl} alt={alt} className={classes.whole} style={style} />
      <Center p="xs">
        <Stack gap="xs" align="center">
          <Text size="sm" c="dimmed">
            {reason} A player or a video editor does.
          </Text>
          {hasControls && (
            <Button
              component="a"
              href={`${url}?download=1`}
              download
              size="xs"
              leftSection={<DownloadIcon size={16} />}
            >
              Download the movie
            </Button>
          )}
        </Stack>
      </Center>
    </div>
  );
}
