import { Button, Group, SegmentedControl, Slider, Text } from '@mantine/core';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import classes from './mask-editor.module.css';

type Props = {
  readonly url: string;
  /** of the picture, in pixels */
  readonly size: { readonly width: number; readonly height: number };
  /** told the mask after each stroke, as a PNG: white is painted anew; undefined while nothing is drawn */
  readonly onMask: (dataUrl: string | undefined) => void;
};

type Point = { readonly x: number; readonly y: number };

/** A mask that is drawn over the picture with mouse, pen or finger. */
export default function MaskEditor({ url, size: { width, height }, onMask }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Point>(undefined);
  const strokes = useRef<ImageData[]>([]);
  const [brush, setBrush] = useState(Math.round(Math.max(width, height) / 12));
  const [tool, setTool] = useState<'brush' | 'eraser'>('brush');
  useEffect(() => {
    strokes.current = [];
    contextOf(canvas.current)?.clearRect(0, 0, width, height);
  }, [width, height]);

  const remember = () => {
    const before = contextOf(canvas.current)?.getImageData(0, 0, width, height);
    if (before) strokes.current = [...strokes.current, before].slice(-mostUndone);
  };
  const tell = () => canvas.current && onMask(maskOf(canvas.current));
  const change = (how: (context: CanvasRenderingContext2D) => void) => {
    const context = contextOf(canvas.current);
    if (!context) return;
    remember();
    how(context);
    tell();
  };
  const undo = () => {
    const before = strokes.current.pop();
    if (before) contextOf(canvas.current)?.putImageData(before, 0, 0);
    tell();
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>) => {
    const context = contextOf(canvas.current);
    if (!context || !last.current) return;
    const to = pointOf(event, width, height);
    context.globalCompositeOperation = tool === 'brush' ? 'source-over' : 'destination-out';
    context.lineWidth = brush;
    context.lineCap = 'round';
    context.strokeStyle = 'white';
    context.beginPath();
    context.moveTo(last.current.x, last.current.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    last.current = to;
  };
  return (
    <div>
      <div className={classes.stage}>
        <img src={url} alt="To start from" />
        <canvas
          ref={canvas}
          {...{ width, height }}
          aria-label="Mask: draw over what shall be painted anew"
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            remember();
            last.current = pointOf(event, width, height);
            draw(event);
          }}
          onPointerMove={draw}
          onPointerUp={() => {
            last.current = undefined;
            tell();
          }}
        />
      </div>
      <Group gap="xs" mt="xs">
        <SegmentedControl
          size="xs"
          aria-label="Tool"
          value={tool}
          onChange={(name) => setTool(name === 'eraser' ? 'eraser' : 'brush')}
          data={[
            { value: 'brush', label: 'Brush' },
            { value: 'eraser', label: 'Eraser' },
          ]}
        />
        <Slider
          flex="1 1 8rem"
          min={2}
          max={Math.round(Math.max(width, height) / 3)}
          value={brush}
          onChange={setBrush}
          thumbLabel="Size of the brush"
          label={(pixels) => `${pixels} pixels`}
        />
        <Button variant="default" size="xs" onClick={undo}>
          Undo
        </Button>
        <Button variant="default" size="xs" onClick={() => change(invert)}>
          Invert
        </Button>
        <Button variant="default" size="xs" onClick={() => change((context) => context.clearRect(0, 0, width, height))}>
          Clear
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={4}>
        What you draw over is painted anew; the rest stays. Without a pointer, Invert selects everything.
      </Text>
    </div>
  );
}

/** Each takes as much memory as the picture. */
const mostUndone = 12;

function contextOf(canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null {
  return canvas?.getContext('2d', { willReadFrequently: true }) ?? null;
}

function pointOf(event: PointerEvent<HTMLCanvasElement>, width: number, height: number): Point {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: ((event.clientX - box.left) * width) / box.width, y: ((event.clientY - box.top) * height) / box.height };
}

function invert(context: CanvasRenderingContext2D): void {
  context.globalCompositeOperation = 'xor';
  context.fillStyle = 'white';
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

/** White where something was drawn, on black; undefined where nothing was. */
function maskOf(canvas: HTMLCanvasElement): string | undefined {
  const drawn = contextOf(canvas)?.getImageData(0, 0, canvas.width, canvas.height).data;
  if (!drawn?.some((value, i) => i % 4 === 3 && value > 0)) return undefined;
  const whole = document.createElement('canvas');
  whole.width = canvas.width;
  whole.height = canvas.height;
  const context = whole.getContext('2d');
  if (!context) return undefined;
  context.fillRect(0, 0, whole.width, whole.height);
  context.drawImage(canvas, 0, 0);
  return whole.toDataURL('image/png');
}
