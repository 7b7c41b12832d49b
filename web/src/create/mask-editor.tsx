import { ActionIcon, Button, Group, SegmentedControl, Slider, Text, Tooltip } from '@mantine/core';
import { type PointerEvent, useCallback, useEffect, useRef, useState } from 'react';
import { UndoIcon } from '../ui/icons.js';
import { draw, type MaskAction, maskOf, type Point, redraw, type Size, tintMask } from './mask-drawing.js';
import classes from './start-field.module.css';

type Props = {
  /** of the start picture */
  readonly url: string;
  readonly size: Size;
  /** the mask to begin with, as a data URL */
  readonly mask: string | undefined;
  /** called after each change with the mask as a PNG data URL; undefined if nothing is drawn */
  readonly onMask: (mask: string | undefined) => void;
};

/** Draws a mask over the start picture with a mouse, pen or finger. */
export default function MaskEditor({ url, size, mask, onMask }: Props) {
  const longest = Math.max(size.width, size.height);
  const [width, setWidth] = useState(Math.ceil(longest / 12));
  const [tool, setTool] = useState('brush');
  const aspectRatio = size.width / size.height;
  const brush = { width, erases: tool === 'eraser' };
  const { canvas, canUndo, undo, apply, pointerHandlers } = useDrawing({ size, mask, brush, onMask });
  return (
    <div>
      <div className={classes.editor} style={{ aspectRatio, width: `min(100%, 60vh * ${aspectRatio})` }}>
        <img src={url} alt="To be masked" />
        <canvas
          ref={canvas}
          {...size}
          role="img"
          aria-label="Mask: paint over what to regenerate"
          {...pointerHandlers}
        />
      </div>
      <Group gap="xs" mt="sm">
        <SegmentedControl
          size="xs"
          aria-label="Tool"
          value={tool}
          onChange={setTool}
          data={[
            { value: 'brush', label: 'Brush' },
            { value: 'eraser', label: 'Eraser' },
          ]}
        />
        <Slider
          flex="1 1 8rem"
          min={1}
          max={Math.ceil(longest / 3)}
          value={width}
          onChange={setWidth}
          thumbLabel="Size of the brush"
          label={(pixels) => `${pixels} pixels`}
        />
        <Tooltip label="Undo">
          <ActionIcon variant="default" size={30} onClick={undo} disabled={!canUndo} aria-label="Undo the last stroke">
            <UndoIcon size={16} />
          </ActionIcon>
        </Tooltip>
        <Button variant="default" size="xs" onClick={() => apply('invert')}>
          Invert
        </Button>
        <Button variant="default" size="xs" onClick={() => apply('clear')}>
          Clear
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={6}>
        What you paint over is regenerated; the rest stays as it is.
      </Text>
    </div>
  );
}

/** Visible on white and on black pictures. */
const maskColour = '#7048e8';

type DrawingOptions = Pick<Props, 'size' | 'mask' | 'onMask'> & {
  readonly brush: { readonly width: number; readonly erases: boolean };
};

/** The canvas of a mask with its history of actions. */
function useDrawing({ size, mask, brush, onMask }: DrawingOptions) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [actions, setActions] = useState<readonly MaskAction[]>([]);
  const stroke = useRef<Extract<MaskAction, { type: 'stroke' }>>(undefined);
  const initial = useRef({ mask, size });
  useEffect(() => {
    const { mask, size } = initial.current;
    if (mask === undefined) return;
    void tintMask(mask, size, maskColour).then((picture) => {
      setActions([{ type: 'picture', picture }]);
      canvas.current?.getContext('2d')?.drawImage(picture, 0, 0);
    });
  }, []);
  const show = useCallback(
    (next: readonly MaskAction[]) => {
      const context = canvas.current?.getContext('2d', { willReadFrequently: true });
      if (!context) return;
      redraw(context, next, maskColour);
      setActions(next);
      onMask(maskOf(context.canvas));
    },
    [onMask],
  );
  const extendStroke = (event: PointerEvent<HTMLCanvasElement>) => {
    const context = event.currentTarget.getContext('2d', { willReadFrequently: true });
    if (!stroke.current || !context) return;
    const last = stroke.current.points.at(-1);
    const points = pointsOf(event, size);
    stroke.current.points.push(...points);
    draw(context, { ...stroke.current, points: last ? [last, ...points] : points }, maskColour);
  };
  const endStroke = () => {
    const drawn = stroke.current;
    stroke.current = undefined;
    if (drawn) show([...actions, drawn]);
  };
  return {
    canvas,
    canUndo: actions.length > 0,
    undo: () => show(actions.slice(0, -1)),
    apply: (type: 'clear' | 'invert') => show([...actions, { type }]),
    pointerHandlers: {
      onPointerDown: (event: PointerEvent<HTMLCanvasElement>) => {
        if (event.button !== 0 || !event.isPrimary) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        stroke.current = { type: 'stroke', points: [], ...brush };
        extendStroke(event);
      },
      onPointerMove: extendStroke,
      onPointerUp: endStroke,
      onPointerCancel: endStroke,
    },
  };
}

/** The pointer's positions since the last event, in pixels of the picture: pens report faster than the frame rate. */
function pointsOf({ currentTarget, nativeEvent }: PointerEvent<HTMLCanvasElement>, { width, height }: Size): Point[] {
  const box = currentTarget.getBoundingClientRect();
  const coalesced = nativeEvent.getCoalescedEvents?.() ?? [];
  return (coalesced.length > 0 ? coalesced : [nativeEvent]).map(({ clientX, clientY }) => ({
    x: ((clientX - box.left) * width) / box.width,
    y: ((clientY - box.top) * height) / box.height,
  }));
}
