import { ActionIcon, Button, Group, SegmentedControl, Slider, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { UndoIcon } from '../app/icons.js';
import classes from './mask-editor.module.css';
import type { Size } from './picture-size.js';
import { useDrawing } from './use-drawing.js';

type Props = {
  readonly url: string;
  /** of the picture */
  readonly size: Size;
  /** what is there at first */
  readonly mask: string | undefined;
  /** told the mask after each stroke, as a PNG: white is painted anew; undefined while nothing is drawn */
  readonly onMask: (mask: string | undefined) => void;
};

/** A mask that is drawn over the picture with mouse, pen or finger. */
export default function MaskEditor({ url, size, mask, onMask }: Props) {
  const longest = Math.max(size.width, size.height);
  const [width, setWidth] = useState(Math.ceil(longest / 12));
  const [tool, setTool] = useState('brush');
  const aspectRatio = size.width / size.height;
  const brush = { width, erases: tool === 'eraser' };
  const { canvas, canUndo, undo, act, pointers } = useDrawing({ size, mask, brush, onMask });
  return (
    <div>
      <div className={classes.stage} style={{ aspectRatio, width: `min(100%, 60vh * ${aspectRatio})` }}>
        <img src={url} alt="To start from" />
        <canvas
          ref={canvas}
          {...size}
          role="img"
          aria-label="Mask: draw over what shall be painted anew"
          {...pointers}
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
        <Button variant="default" size="xs" onClick={() => act('invert')}>
          Invert
        </Button>
        <Button variant="default" size="xs" onClick={() => act('clear')}>
          Clear
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={6}>
        What you draw over is painted anew; the rest stays.
      </Text>
    </div>
  );
}
