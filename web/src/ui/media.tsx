import { Button, Center, Stack, Text } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type CSSProperties, useState } from 'react';
import { DownloadIcon } from './icons.js';
import classes from './media.module.css';

/** The element that plays movies of a codec; undefined for ProRes, which browsers cannot play. */
export function playerOf(codec: string): 'video' | 'img' | undefined {
  if (['gif', 'webp', 'apng'].includes(codec)) return 'img';
  return codec.startsWith('prores') ? undefined : 'video';
}

/** The address under which a browser saves a file instead of showing it. */
export function downloadUrl(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}download=1`;
}

type DownloadProps = { readonly url: string; readonly label: string };

export function DownloadButton({ url, label }: DownloadProps) {
  return (
    <Button
      component="a"
      href={downloadUrl(url)}
      download
      size="xs"
      variant="default"
      leftSection={<DownloadIcon size={16} />}
      aria-label={`Download: ${label}`}
    >
      {label}
    </Button>
  );
}

type MovieProps = {
  readonly codec: string;
  readonly url: string;
  readonly posterUrl: string;
  readonly alt: string;
  /** shows controls to stop and play; default: false */
  readonly hasControls?: boolean;
  readonly style?: CSSProperties;
};

/**
 * A movie that plays muted and in a loop; with reduced motion it has to be started. A movie that the browser cannot
 * play is replaced by its poster and the reason.
 */
export function Movie(props: MovieProps) {
  const [brokenUrl, setBrokenUrl] = useState<string>();
  const { codec, url, posterUrl, alt, hasControls = false, style } = props;
  const isReduced = useReducedMotion(false, { getInitialValueInEffect: false });
  const player = playerOf(codec);
  if (player === undefined) return <Poster {...props} reason="Browsers cannot play ProRes." />;
  if (brokenUrl === url) return <Poster {...props} reason={`This browser cannot play ${codec}.`} />;
  if (player === 'img') return <AnimatedImage key={url} {...props} autoPlay={!isReduced} />;
  return (
    <video
      key={url}
      {...{ src: url, poster: posterUrl, autoPlay: !isReduced, muted: true, loop: true, playsInline: true }}
      controls={hasControls || isReduced}
      aria-label={alt}
      className={classes.whole}
      style={style}
      onError={() => setBrokenUrl(url)}
    />
  );
}

/** A GIF, WebP or APNG with a button to stop it, for which browsers have no control. */
function AnimatedImage(props: MovieProps & { readonly autoPlay: boolean }) {
  const { url, posterUrl, alt, hasControls = false, style, autoPlay } = props;
  const [isPlaying, setPlaying] = useState(autoPlay);
  return (
    <div className={classes.moving} style={style}>
      <img src={isPlaying ? url : posterUrl} alt={alt} className={classes.whole} style={{ borderRadius: 'inherit' }} />
      {hasControls && (
        <Button className={classes.toggle} size="compact-xs" variant="default" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? 'Stop' : 'Play'}
        </Button>
      )}
    </div>
  );
}

function Poster(props: MovieProps & { readonly reason: string }) {
  const { url, posterUrl, alt, hasControls = false, style, reason } = props;
  return (
    <div>
      <img src={posterUrl} alt={alt} className={classes.whole} style={style} />
      <Center p="xs">
        <Stack gap="xs" align="center">
          <Text size="sm" c="dimmed">
            {reason} Open it in a media player or a video editor.
          </Text>
          {hasControls && (
            <Button component="a" href={downloadUrl(url)} download size="xs" leftSection={<DownloadIcon size={16} />}>
              Download the movie
            </Button>
          )}
        </Stack>
      </Center>
    </div>
  );
}
