import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { JobImage } from '../api/types.js';
import { CompareIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import classes from './compare.module.css';

type Choice = { readonly value: string; readonly label: string; readonly url: string };

export type Compare = {
  readonly isOpen: boolean;
  readonly pictures: readonly Choice[];
  readonly left: Choice | undefined;
  readonly right: Choice | undefined;
  /** @param step the one on the left; default: one after a third of the steps */
  readonly open: (step?: number) => void;
  readonly close: () => void;
  readonly choose: (side: 'left' | 'right', value: string) => void;
};

/** The comparison of two steps of an image, or of a step and the finished image. */
export function useCompare({ steps, url }: JobImage): Compare {
  const [sides, setSides] = useState<{ left: string; right: string }>();
  const { compare, player } = words();
  const pictures = [
    ...steps.map((each) => ({ value: String(each.step), label: player.stepN(each.step), url: each.url })),
    ...(url === null ? [] : [{ value: 'finished', label: compare.finished, url }]),
  ];
  const named = (value: string | undefined) => pictures.find((each) => each.value === value);
  return {
    ...{ isOpen: sides !== undefined, pictures, left: named(sides?.left), right: named(sides?.right) },
    open: (step) =>
      setSides({
        left: String(step ?? pictures[Math.floor((pictures.length - 1) / 3)]?.value),
        right: pictures.at(-1)?.value ?? '',
      }),
    close: () => setSides(undefined),
    choose: (side, value) => setSides((before) => before && { ...before, [side]: value }),
  };
}

/** Two pictures on top of each other, with a divider that can be dragged or moved with the arrow keys. */
export function ComparePicture({ compare: { left, right } }: { readonly compare: Compare }) {
  const [share, setShare] = useState(50);
  const { compare } = words();
  return (
    <div className={classes.stage}>
      <img src={right?.url} alt={right?.label} />
      <img src={left?.url} alt={left?.label} style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} />
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
        aria-valuetext={compare.percent(share)}
        aria-label={compare.divider(left?.label ?? '', right?.label ?? '')}
      />
    </div>
  );
}

/** In place of the film strip: what is on either side. */
export function CompareControls({ compare }: { readonly compare: Compare }) {
  const text = words().compare;
  const side = (name: 'left' | 'right', label: string) => (
    <Select
      aria-label={label}
      data={compare.pictures.map(({ value, label: each }) => ({ value, label: each }))}
      value={compare[name]?.value ?? null}
      onChange={(value) => value && compare.choose(name, value)}
      allowDeselect={false}
    />
  );
  return (
    <div className={classes.controls}>
      {side('left', text.left)}
      <Button variant="default" onClick={compare.close}>
        {text.close}
      </Button>
      {side('right', text.right)}
    </div>
  );
}
