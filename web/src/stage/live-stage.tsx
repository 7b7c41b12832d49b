import { type CSSProperties, useEffect, useRef, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { tabOf } from '../form/fill-form.js';
import { LookBar } from '../looks/look-bar.js';
import { useCancel, useDiscard, useSkip } from '../run/job-actions.js';
import { useStepPictures } from '../run/previews.js';
import { progressPercent, progressText, speedText } from '../run/progress-text.js';
import { CloseIcon, SkipIcon, StopIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import { plannedFilm } from './film.js';
import { FilmStrip } from './film-strip.js';
import { Notes } from './notes.js';
import classes from './stage.module.css';
import { Act, StageLayout } from './stage-layout.js';
import { Takes } from './takes.js';

type Props = {
  readonly job: JobShape;
  /** opens all options of the movie */
  readonly onAdjust: () => void;
};

const noSteps: readonly never[] = [];

/** A picture while it is made: it develops, and the film strip fills. */
export function LiveStage({ job, onAdjust }: Props) {
  const { newest, steps, step } = useStepPictures(job);
  const { images, options, progress, notes } = job;
  const planned = Math.max(Math.round((progress?.steps ?? 0) / Math.max(images.length, 1)), steps.at(-1)?.step ?? 1, 1);
  const [image] = images;
  return (
    <StageLayout
      width={image?.width || Number(options.generation?.width)}
      height={image?.height || Number(options.generation?.height)}
      takes={<Takes job={undefined} />}
      actions={<LiveActions job={job} />}
      message={<Notes notes={notes} />}
      time={<LiveTime job={job} planned={planned} step={step} steps={steps} />}
      below={<LookBar tab={tabOf(job)} steps={noSteps} isBusy onChange={undefined} onAdjust={onAdjust} />}
    >
      <Developing url={newest} />
    </StageLayout>
  );
}

function LiveActions({ job }: { readonly job: JobShape }) {
  const cancel = useCancel();
  const discard = useDiscard();
  const skip = useSkip();
  const { player } = words();
  const isRunning = job.state === 'running';
  return (
    <>
      {isRunning && (
        <Act icon={<StopIcon />} label={player.stopHere} hint={player.stopHint} onClick={() => cancel.mutate(job.id)} />
      )}
      {isRunning && (
        <Act icon={<SkipIcon />} label={player.skip} hint={player.skipHint} onClick={() => skip.mutate(job.id)} />
      )}
      <Act
        icon={<CloseIcon />}
        label={player.cancel}
        hint={player.cancelHint}
        isDisabled={discard.isPending}
        onClick={() => discard.mutate(job)}
      />
    </>
  );
}

type TimeProps = {
  readonly job: JobShape;
  /** steps of an image */
  readonly planned: number;
  /** the newest step; 0 before the first */
  readonly step: number;
  readonly steps: readonly { readonly step: number; readonly url: string }[];
};

function LiveTime({ job, planned, step, steps }: TimeProps) {
  const film = plannedFilm(planned);
  const urls = new Map(steps.map((each) => [each.step, each.url]));
  const all = Array.from({ length: planned }, (_, index) => ({ step: index + 1, url: urls.get(index + 1) }));
  const index = Math.max(step - 1, 0);
  const text = progressText(job);
  const [what, more] = text.split(': ');
  return (
    <>
      <ProgressRing job={job} text={text} />
      {/* Steps without a picture show that of the one before, as the film strip fills. */}
      <FilmStrip film={film} steps={withGapsFilled(all, step)} index={index} position={() => index} />
      <div className={classes.controls}>
        <div className={classes.now}>
          {what}
          <small>{more ?? speedText(job.progress)}</small>
        </div>
      </div>
    </>
  );
}

function withGapsFilled(steps: readonly { readonly step: number; readonly url: string | undefined }[], newest: number) {
  let last: string | undefined;
  return steps.map(({ step, url }) => {
    last = url ?? last;
    return { step, url: step <= newest ? last : undefined };
  });
}

/** Progress around the button that stops. */
function ProgressRing({ job, text }: { readonly job: JobShape; readonly text: string }) {
  const cancel = useCancel();
  const { player } = words();
  const percent = progressPercent(job.progress);
  const isKnown = percent > 0;
  return (
    <div className={classes.ring} style={{ '--progress': `${isKnown ? percent : 20}%` } as CSSProperties}>
      <div
        role="progressbar"
        aria-label={player.progress}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
        data-unknown={!isKnown || undefined}
        {...(isKnown ? { 'aria-valuenow': Math.round(percent) } : {})}
      />
      <button
        type="button"
        className={classes.play}
        aria-label={player.stopHere}
        title={player.stopHint}
        onClick={() => cancel.mutate(job.id)}
      >
        <StopIcon />
      </button>
    </div>
  );
}

/** The newest of several pictures. It fades in over the one before once it is loaded; the first one over noise. */
function Developing({ url }: { readonly url: string | undefined }) {
  const [layers, setLayers] = useState<readonly string[]>([]);
  useEffect(() => {
    if (url === undefined) return setLayers([]);
    let isCurrent = true;
    const picture = new Image();
    picture.src = url;
    picture.decode().then(
      () => isCurrent && setLayers((before) => (before.at(-1) === url ? before : [...before, url].slice(-2))),
      // Revoked before it was decoded: a newer one follows.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [url]);
  const { stage } = words();
  return (
    <>
      {layers.length < 2 && <Noise />}
      {layers.length === 0 && (
        <div className={classes.waiting}>
          <div className={classes.dots}>
            <i />
            <i />
            <i />
          </div>
        </div>
      )}
      {layers.map((layer, index) => (
        <img key={layer} src={layer} alt={index === layers.length - 1 ? stage.preview : ''} data-fades />
      ))}
    </>
  );
}

/** Pixels of a side of the noise that a picture develops from. */
const noiseSide = 64;

function Noise() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const pixels = context.createImageData(noiseSide, noiseSide);
    for (let at = 0; at < pixels.data.length; at++) {
      // A mean of two random values looks like the noise of latents, not like television.
      pixels.data[at] = at % 4 === 3 ? 255 : 64 * (Math.random() + Math.random()) + 64;
    }
    context.putImageData(pixels, 0, 0);
  }, []);
  return <canvas ref={canvas} width={noiseSide} height={noiseSide} className={classes.noise} />;
}
