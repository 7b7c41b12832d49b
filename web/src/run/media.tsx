import { Center, Text } from '@mantine/core';
import type { CSSProperties } from 'react';

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
  readonly hasControls?: boolean;
  readonly style?: CSSProperties;
};

/** A movie that plays by itself, muted, in a loop. */
export function Movie({ codec, url, posterUrl, alt, hasControls = false, style }: Props) {
  const whole: CSSProperties = { display: 'block', width: '100%', objectFit: 'contain', ...style };
  switch (kindOf(codec)) {
    case 'video':
      return (
        <video
          key={url}
          {...{ src: url, poster: posterUrl, autoPlay: true, muted: true, loop: true, playsInline: true }}
          controls={hasControls}
          aria-label={alt}
          style={whole}
        />
      );
    case 'image':
      return <img src={url} alt={alt} style={whole} />;
    case 'none':
      return (
        <div>
          <img src={posterUrl} alt={alt} style={whole} />
          <Center p="xs">
            <Text size="sm" c="dimmed">
              Browsers do not play ProRes: download it for a video editor.
            </Text>
          </Center>
        </div>
      );
  }
}
