import { useComputedColorScheme } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type RefObject, useEffect, useRef } from 'react';
import classes from './stage.module.css';

/** Pixels of a side: the canvas is enlarged and blurred, so that these are enough. */
const side = 24;
const intervalMs = 250;
/** The lightest colour of the glow in dark: the words beside it keep their contrast beside a white picture. */
const lightest = '#4c4c4c';

/** The light that the picture throws on the stage. */
export function Glow({ picture }: { readonly picture: RefObject<HTMLElement | null> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isReduced = useReducedMotion();
  const isDark = useComputedColorScheme('dark') === 'dark';
  useEffect(() => {
    const draw = () => {
      const source = [...(picture.current?.querySelectorAll('video, img, canvas') ?? [])].at(-1);
      const context = canvas.current?.getContext('2d');
      if (!source || !context || document.hidden) return;
      context.globalCompositeOperation = 'source-over';
      try {
        context.drawImage(source as HTMLVideoElement | HTMLImageElement, 0, 0, side, side);
      } catch {
        // A picture that is not loaded yet, or that cannot be read: the next one may be.
        return;
      }
      if (!isDark) return;
      context.globalCompositeOperation = 'darken';
      context.fillStyle = lightest;
      context.fillRect(0, 0, side, side);
    };
    const timer = setInterval(draw, isReduced ? 2000 : intervalMs);
    return () => clearInterval(timer);
  }, [picture, isReduced, isDark]);
  return <canvas ref={canvas} width={side} height={side} className={classes.glow} />;
}
