import { useState } from 'react';
import type { JobImage, JobMovie } from '../api/types.js';
import { altOf } from '../run/movies.js';
import type { StepPicture } from '../run/previews.js';
import { words } from '../words/words.js';
import type { Player } from './player.js';

type Props = {
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  /** shown over the movie */
  readonly step: StepPicture | undefined;
  readonly player: Player;
};

/** What is on the stage: the movie, the finished image, or the picture of a step over them. */
export function Picture({ image, movie, step, player }: Props) {
  const { stage, player: text } = words();
  const last = image.steps.at(-1);
  return (
    <>
      {movie && player.medium !== 'steps' ? (
        <Movie movie={movie} alt={stage.movieOf(altOf(image))} player={player} />
      ) : image.url !== null ? (
        <img src={image.url} alt={altOf(image)} />
      ) : (
        last && <img src={last.url} alt={stage.lastKept(last.step)} />
      )}
      {step && <img src={step.url} alt={text.stepN(step.step)} />}
    </>
  );
}

type MovieProps = { readonly movie: JobMovie; readonly alt: string; readonly player: Player };

function Movie({ movie: { url, posterUrl }, alt, player }: MovieProps) {
  const [isBroken, setBroken] = useState(false);
  const { medium, isPlaying, repeats, video, events, toggle } = player;
  if (isBroken) return <img src={posterUrl} alt={alt} />;
  if (medium === 'image') return <img src={isPlaying ? url : posterUrl} alt={alt} />;
  return (
    <video
      ref={video}
      src={url}
      poster={posterUrl}
      autoPlay={isPlaying}
      loop={repeats}
      muted
      playsInline
      aria-label={alt}
      onClick={toggle}
      onError={() => setBroken(true)}
      {...events}
    />
  );
}
