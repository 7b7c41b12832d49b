import { Button, Group, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import type { JobImage } from '../api/types.js';
import { CompareIcon } from '../ui/icons.js';
import { fitStyle } from '../ui/media.js';
import classes from './compare.module.css';

type Props = {
  readonly image: JobImage;
  /** the step on the left; default: one after a third of the steps */
  readonly first: number | undefined;
  readonly onClose: () => void;
};

/** Two steps on top of each other, with a divider that can be dragged or moved with the arrow keys. */
export default function Compare({ image: { steps, url, width, height }, first, onClose }: Props) {
  const pictures = [
    ...steps.map((each) => ({ value: String(each.step), label: `Step ${each.step}`, url: each.url })),
    ...(url === null ? [] : [{ value: 'finished', label: 'Finished image', url }]),
  ];
  const [left, setLeft] = useState(String(first ?? pictures[Math.floor((pictures.length - 1) / 3)]?.value));
  const [right, setRight] = useState(pictures.at(-1)?.value ?? '');
  const [share, setShare] = useState(50);
  const urlOf = (value: string) => pictures.find((each) => each.value === value)?.url ?? '';
  const labelOf = (value: string) => pictures.find((each) => each.value === value)?.label ?? '';
  return (
    <Stack gap="sm">
      <div className={classes.stage} style={fitStyle(width, height)}>
        <img src={urlOf(right)} alt={labelOf(right)} />
        <img src={urlOf(left)} alt={labelOf(left)} style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} />
        <div className={classes.divider} style={{ left: `${share}%` }}>
          <CompareIcon />
        </div>
        {/* It covers the pictures, so that dragging anywhere on them moves the divider. */}
        <input
          type="range"
          className={classes.range}
          min={0}
          max={100}
          value={share}
          onChange={(event) => setShare(Number(event.currentTarget.value))}
          aria-valuetext={`${share} percent`}
          aria-label={`Divider between ${labelOf(left)} and ${labelOf(right)}`}
        />
      </div>
      <Group grow>
        <Select
          label="Left"
          data={pictures}
          value={left}
          onChange={(value) => value && setLeft(value)}
          allowDeselect={false}
        />
        <Select
          label="Right"
          data={pictures}
          value={right}
          onChange={(value) => value && setRight(value)}
          allowDeselect={false}
        />
      </Group>
      <Button variant="default" onClick={onClose}>
        Back to the movie
      </Button>
    </Stack>
  );
}
