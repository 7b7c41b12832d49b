import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { Values } from '../form/form-store.js';
import { drawLook, lengthOf } from './draw-look.js';
import classes from './looks.module.css';

const framesPerSecond = 15;
/** When cards stand still: the share of their time at which looks differ most. */
const tellingMoment = 0.45;

type Props = {
  readonly look: Values;
  /** pictures of the steps, in order */
  readonly frames: readonly CanvasImageSource[];
  /** whether it moves; with reduced motion it never does */
  readonly isMoving: boolean;
};

/** A small moving example of a look, made of the steps at hand. It moves only while it can be seen. */
export function LookExample({ look, frames, isMoving }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isReduced = useReducedMotion(false, { getInitialValueInEffect: false });
  const draw = useEffectEvent((seconds: number) => {
    const context = canvas.current?.getContext('2d');
    if (context) drawLook(context, look, frames, seconds);
  });
  const moves = isMoving && !isReduced;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other pictures are drawn at once
  useEffect(() => {
    if (!canvas.current) return;
    draw(tellingMoment * lengthOf(look));
    if (!moves) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    const observer = new IntersectionObserver(([entry]) => {
      clearInterval(timer);
      if (!entry?.isIntersecting) return;
      timer = setInterval(() => document.hidden || draw(performance.now() / 1000), 1000 / framesPerSecond);
    });
    observer.observe(canvas.current);
    return () => {
      observer.disconnect();
      clearInterval(timer);
    };
  }, [moves, frames, look]);
  return <canvas ref={canvas} width={160} height={100} className={classes.example} />;
}
