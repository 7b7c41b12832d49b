import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { words } from '../words/words.js';
import { type Film, indexAt, nearestIndex } from './film.js';
import classes from './film-strip.module.css';

type Steps = readonly { readonly step: number; readonly url: string | undefined }[];

type Props = {
  readonly film: Film;
  /** by index; those without a picture are still to come */
  readonly steps: Steps;
  /** index of the step at the marker */
  readonly index: number;
  /** seconds at which the marker is */
  readonly position: () => number;
  /** Calls a listener whenever the position changes. @returns a function that stops that; default: it does not change */
  readonly onMove?: (listener: () => void) => () => void;
  /** what can be done with it; without, it only shows */
  readonly control?: {
    readonly seek: (time: number) => void;
    readonly showStep: (index: number) => void;
    readonly moveBy: (steps: number) => void;
  };
};

/** Pixels that the pointer may move in a click. */
const clickTolerance = 4;

/**
 * The film strip, which is the time line: each cell shows the picture of its moment, ticks stand where steps happen, and
 * the marker runs with the movie. It is a slider, too.
 */
export function FilmStrip({ film, steps, index, position, onMove, control }: Props) {
  const { ref: sized, width } = useElementSize();
  const { player } = words();
  const first = steps[film.moments[0]?.index ?? 0]?.step ?? 0;
  const last = steps.at(-1)?.step ?? 0;
  const now = steps[index]?.step ?? first;
  return (
    // The time line runs from left to right in all languages.
    <div ref={sized} dir="ltr" className={classes.room}>
      <div
        className={classes.track}
        {...(control
          ? {
              role: 'slider',
              tabIndex: 0,
              'aria-label': player.step,
              'aria-valuemin': Math.min(...steps.map(({ step }) => step)),
              'aria-valuemax': last,
              'aria-valuenow': now,
              'aria-valuetext': player.stepOf(now, last),
              ...pointerHandlers(film, control),
              onKeyDown: (event: KeyboardEvent) => keyDown(event, control, steps.length),
            }
          : {})}
      >
        <Cells film={film} steps={steps} width={width} />
        <Head film={film} position={position} onMove={onMove} />
        <Ticks film={film} steps={steps} width={width} />
      </div>
    </div>
  );
}

function pointerHandlers(film: Film, { seek, showStep }: NonNullable<Props['control']>) {
  let pressedAt: number | undefined;
  const timeAt = ({ currentTarget, clientX }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.min(Math.max((clientX - left) / width, 0), 1) * film.duration;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      pressedAt = event.clientX;
    },
    onPointerMove: (event: PointerEvent) => {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
      if (pressedAt !== undefined && Math.abs(event.clientX - pressedAt) < clickTolerance) return;
      pressedAt = undefined;
      seek(timeAt(event));
    },
    // A click goes to the step that is nearest, a drag stays where it ends.
    onPointerUp: (event: PointerEvent) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId) && pressedAt !== undefined)
        showStep(nearestIndex(film, timeAt(event)));
      pressedAt = undefined;
    },
  };
}

function keyDown(event: KeyboardEvent, { moveBy }: NonNullable<Props['control']>, count: number): void {
  const moves: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 },
    ...{ Home: -count, End: count },
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  // The page's own keys would move once more.
  event.stopPropagation();
  moveBy(event.shiftKey && Math.abs(move) === 1 ? 5 * move : move);
}

/** The height of the strip, which is the width of a cell, too. */
const cellSize = 44;

function Cells({ film, steps, width }: { readonly film: Film; readonly steps: Steps; readonly width: number }) {
  const count = Math.max(3, Math.round(width / cellSize));
  const cells = Array.from({ length: count }, (_, cell) => {
    const index = indexAt(film, ((cell + (cell === 0 ? 0 : 0.5)) / count) * film.duration);
    return { cell, step: steps[index] };
  });
  return (
    <div className={classes.cells} data-filled={cells.filter(({ step }) => step?.url).length}>
      {cells.map(({ cell, step }) => (
        <div key={cell} className={classes.cell} data-step={step?.step}>
          {step?.url && <img src={step.url} alt="" decoding="async" draggable={false} />}
        </div>
      ))}
    </div>
  );
}

type HeadProps = Pick<Props, 'film' | 'position'> & { readonly onMove: Props['onMove'] | undefined };

/** The marker. It moves without React, in each frame. */
function Head({ film, position, onMove }: HeadProps) {
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = () => {
      if (head.current) head.current.style.left = `${(100 * position()) / film.duration}%`;
    };
    place();
    return onMove?.(place);
  });
  return <div ref={head} className={classes.head} data-testid="marker" />;
}

/** Pixels between two labels, and between a label and the words at the ends. */
const [labelDistance, endDistance] = [26, 38];

function Ticks({ film, steps, width }: { readonly film: Film; readonly steps: Steps; readonly width: number }) {
  const { player } = words();
  const { moments, duration, opensOnNoise, hasHold } = film;
  const interval = moments.length <= 40 ? 5 : moments.length <= 100 ? 10 : 50;
  let lastLabel = endDistance - labelDistance;
  const placed = moments.map(({ time, index }) => {
    const step = steps[index]?.step ?? 0;
    const at = (time / duration) * width;
    const isBig = step > 0 && step % interval === 0;
    const isFree = at - lastLabel >= labelDistance && at <= width - (hasHold ? endDistance : 0);
    if (isBig && isFree) lastLabel = at;
    return { key: `${index} ${time}`, step, left: `${(100 * time) / duration}%`, isBig, hasLabel: isBig && isFree };
  });
  return (
    <div aria-hidden="true">
      {placed.map(({ key, step, left, isBig, hasLabel }) => (
        <span key={key}>
          <i className={classes.tick} data-big={isBig || undefined} style={{ left }} />
          {hasLabel && (
            <span className={classes.label} style={{ left }} data-last={left === '100%' || undefined}>
              {step}
            </span>
          )}
        </span>
      ))}
      <span className={classes.label} data-at="start">
        {opensOnNoise ? player.noise : player.start}
      </span>
      {hasHold && (
        <span className={classes.label} data-at="end">
          {player.hold}
        </span>
      )}
    </div>
  );
}
