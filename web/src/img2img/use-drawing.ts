import { type PointerEvent, useCallback, useEffect, useRef, useState } from 'react';
import { type Act, draw, type Point, redraw } from './drawing.js';
import { drawingOf, maskOf } from './mask-picture.js';
import type { Size } from './picture-size.js';

/** Seen on all pictures, white ones and black ones. */
const ink = '#7048e8';

type Settings = {
  readonly size: Size;
  /** what is there at first */
  readonly mask: string | undefined;
  readonly brush: { readonly width: number; readonly erases: boolean };
  /** told the mask whenever it has changed */
  readonly onMask: (mask: string | undefined) => void;
};

/** A mask that is drawn on a canvas by pointers and can be taken back act by act. */
export function useDrawing({ size, mask, brush, onMask }: Settings) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [acts, setActs] = useState<readonly Act[]>([]);
  const stroke = useRef<Extract<Act, { type: 'stroke' }>>(undefined);
  const first = useRef({ mask, size });
  useEffect(() => {
    const { mask, size } = first.current;
    if (mask === undefined) return;
    void drawingOf(mask, size, ink).then((picture) => {
      setActs([{ type: 'picture', picture }]);
      canvas.current?.getContext('2d')?.drawImage(picture, 0, 0);
    });
  }, []);
  const show = useCallback(
    (next: readonly Act[]) => {
      const context = canvas.current?.getContext('2d', { willReadFrequently: true });
      if (!context) return;
      redraw(context, next, ink);
      setActs(next);
      onMask(maskOf(context.canvas));
    },
    [onMask],
  );
  const extend = (event: PointerEvent<HTMLCanvasElement>) => {
    const context = event.currentTarget.getContext('2d', { willReadFrequently: true });
    if (!stroke.current || !context) return;
    const begun = stroke.current.points.at(-1);
    const points = pointsOf(event, size);
    stroke.current.points.push(...points);
    draw(context, { ...stroke.current, points: begun ? [begun, ...points] : points }, ink);
  };
  const end = () => {
    const drawn = stroke.current;
    stroke.current = undefined;
    if (drawn) show([...acts, drawn]);
  };
  return {
    canvas,
    canUndo: acts.length > 0,
    undo: () => show(acts.slice(0, -1)),
    act: (type: 'clear' | 'invert') => show([...acts, { type }]),
    pointers: {
      onPointerDown: (event: PointerEvent<HTMLCanvasElement>) => {
        if (event.button !== 0 || !event.isPrimary) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        stroke.current = { type: 'stroke', points: [], ...brush };
        extend(event);
      },
      onPointerMove: extend,
      onPointerUp: end,
      onPointerCancel: end,
    },
  };
}

/** Where the pointer has been since the last event, in pixels of the picture: pens tell more often than pages are drawn. */
function pointsOf({ currentTarget, nativeEvent }: PointerEvent<HTMLCanvasElement>, { width, height }: Size): Point[] {
  const box = currentTarget.getBoundingClientRect();
  const between = nativeEvent.getCoalescedEvents?.() ?? [];
  return (between.length > 0 ? between : [nativeEvent]).map(({ clientX, clientY }) => ({
    x: ((clientX - box.left) * width) / box.width,
    y: ((clientY - box.top) * height) / box.height,
  }));
}
