import { type RefObject, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { type Film, indexAt, timeOf } from './film.js';

/** What plays: a video, an animated image, which browsers only start and stop, or the pictures of the steps. */
type Medium = 'video' | 'image' | 'steps';

export type Player = {
  readonly medium: Medium;
  readonly film: Film;
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly isPlaying: boolean;
  /** index of the step at the marker */
  readonly index: number;
  /** whether the step's own picture is shown in place of the movie */
  readonly showsStep: boolean;
  readonly rate: number;
  readonly repeats: boolean;
  /** seconds from the start */
  readonly position: () => number;
  /** Calls a listener whenever the position changes, in each frame while it plays. @returns a function that stops that */
  readonly onMove: (listener: () => void) => () => void;
  readonly toggle: () => void;
  readonly seek: (time: number) => void;
  readonly showStep: (index: number) => void;
  /** goes on by a number of steps, or back */
  readonly moveBy: (steps: number) => void;
  readonly frame: (frames: number) => void;
  readonly setRate: (rate: number) => void;
  /** to the next faster or slower one */
  readonly changeRate: (direction: 1 | -1) => void;
  readonly toggleRepeat: () => void;
  /** for the video element */
  readonly events: { readonly onPlay: () => void; readonly onPause: () => void; readonly onSeeked: () => void };
};

export const rates = [0.25, 0.5, 1, 2, 4] as const;

type Settings = {
  readonly medium: Medium;
  readonly film: Film;
  /** frames per second of the movie */
  readonly fps: number;
  readonly startsPlaying: boolean;
};

/** One clock for the movie and the scrubber. */
export function usePlayer({ medium, film, fps, startsPlaying }: Settings): Player {
  const video = useRef<HTMLVideoElement>(null);
  const [isPlaying, setPlaying] = useState(medium !== 'steps' && startsPlaying);
  const [index, setIndex] = useState(indexAt(film, medium === 'steps' ? film.duration : 0));
  const [showsStep, setShowsStep] = useState(false);
  const [rate, setRate] = useState(1);
  const [repeats, setRepeats] = useState(true);
  /** of animated images and steps, which have no clock of their own */
  const clock = useRef(medium === 'steps' ? film.duration : 0);
  const [listeners] = useState(() => new Set<() => void>());

  const position = () => (medium === 'video' ? (video.current?.currentTime ?? 0) : clock.current);
  const moved = useEffectEvent(() => {
    setIndex(indexAt(film, position()));
    for (const listener of listeners) listener();
  });
  const advance = useEffectEvent((seconds: number) => {
    if (medium === 'video') return;
    const next = clock.current + seconds * rate;
    if (next > film.duration && !repeats) return pause();
    clock.current = next % Math.max(film.duration, 0.1);
  });
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    let request = requestAnimationFrame(function tick(now) {
      advance((now - last) / 1000);
      last = now;
      moved();
      request = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(request);
  }, [isPlaying]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: steps that lie elsewhere in time move the marker
  useEffect(() => moved(), [film]);

  const pause = () => {
    video.current?.pause();
    setPlaying(false);
  };
  const play = () => {
    setShowsStep(false);
    setPlaying(true);
    if (medium !== 'video') {
      if (clock.current >= film.duration || medium === 'image') clock.current = 0;
      return;
    }
    video.current?.play().catch(() => setPlaying(false));
  };
  const moveTo = (time: number) => {
    const within = Math.min(Math.max(time, 0), film.duration);
    pause();
    clock.current = within;
    if (video.current) video.current.currentTime = within;
    setIndex(indexAt(film, within));
    for (const listener of listeners) listener();
  };
  const seek = (time: number) => {
    moveTo(time);
    setShowsStep(medium !== 'video');
  };
  const showStep = (at: number) => {
    moveTo(timeOf(film, at, position()));
    setIndex(at);
    setShowsStep(true);
  };
  const order = useMemo(() => [...new Set(film.moments.map((moment) => moment.index))].sort((a, b) => a - b), [film]);
  const moveBy = (steps: number) => {
    const at = Math.min(Math.max(order.indexOf(index) + steps, 0), order.length - 1);
    const next = order[at];
    if (next !== undefined) showStep(next);
  };
  const changeRate = (direction: 1 | -1) => {
    const next = rates[(rates as readonly number[]).indexOf(rate) + direction];
    if (next !== undefined) setRate(next);
  };
  useEffect(() => {
    if (video.current) video.current.playbackRate = rate;
  }, [rate]);
  return {
    ...{
      medium,
      film,
      video,
      isPlaying,
      index,
      showsStep,
      rate,
      repeats,
      position,
      seek,
      showStep,
      moveBy,
      setRate,
      changeRate,
    },
    onMove: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => (isPlaying ? pause() : play()),
    frame: (frames) => seek(position() + frames / fps),
    toggleRepeat: () => setRepeats(!repeats),
    events: {
      onPlay: () => setPlaying(true),
      onPause: () => setPlaying(false),
      onSeeked: () => moved(),
    },
  };
}
