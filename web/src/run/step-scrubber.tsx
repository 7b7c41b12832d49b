import { ActionIcon, Group, ScrollArea, Slider, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { CompareIcon, FilmIcon } from '../ui/icons.js';
import type { StepPicture } from './previews.js';
import classes from './run.module.css';

type Props = {
  /** at least two, in order */
  readonly steps: readonly StepPicture[];
  /** the step that is shown; undefined while the movie is shown */
  readonly selected: number | undefined;
  readonly onSelect: (step: number | undefined) => void;
  readonly onCompare: () => void;
};

/** A slider through the steps, with buttons to show the movie and to compare two steps. */
export function StepScrubber({ steps, selected, onSelect, onCompare }: Props) {
  const index = selected === undefined ? steps.length - 1 : steps.findIndex(({ step }) => step === selected);
  useEffect(() => {
    if (selected === undefined) return;
    for (const near of [index - 2, index - 1, index + 1, index + 2]) {
      const url = steps[near]?.url;
      if (url) new Image().src = url;
    }
  }, [index, selected, steps]);
  const thumbText = selected === undefined ? 'The movie is shown' : `Step ${selected} of ${steps.at(-1)?.step}`;
  return (
    <div>
      <Group gap="xs" wrap="nowrap">
        <Tooltip label="Show the movie">
          <ActionIcon
            variant={selected === undefined ? 'light' : 'default'}
            size={34}
            aria-label="Show the movie"
            aria-pressed={selected === undefined}
            onClick={() => onSelect(undefined)}
          >
            <FilmIcon />
          </ActionIcon>
        </Tooltip>
        <Slider
          flex={1}
          min={0}
          max={steps.length - 1}
          value={index}
          onChange={(at) => onSelect(steps[at]?.step)}
          label={(at) => `Step ${steps[at]?.step ?? ''}`}
          thumbLabel="Step"
          thumbValueText={thumbText}
        />
        <Text size="sm" w={92} ta="right" style={{ whiteSpace: 'nowrap' }}>
          {selected === undefined ? `${steps.length} steps` : `Step ${selected} / ${steps.at(-1)?.step}`}
        </Text>
        <Tooltip label="Compare two steps">
          <ActionIcon variant="default" size={34} aria-label="Compare two steps" onClick={onCompare}>
            <CompareIcon />
          </ActionIcon>
        </Tooltip>
      </Group>
      <StepStrip steps={steps} selected={selected} onSelect={onSelect} />
    </div>
  );
}

type StripProps = {
  readonly steps: readonly StepPicture[];
  /** default: none, and the strip scrolls to the newest step */
  readonly selected?: number | undefined;
  readonly onSelect?: (step: number) => void;
};

/** Thumbnails of the steps; it scrolls to the selected step. */
export function StepStrip({ steps, selected, onSelect }: StripProps) {
  const viewport = useRef<HTMLDivElement>(null);
  const visibleStep = selected ?? steps.at(-1)?.step;
  useEffect(() => {
    if (viewport.current && visibleStep !== undefined) reveal(viewport.current, visibleStep);
  }, [visibleStep]);
  return (
    <ScrollArea
      scrollbarSize={6}
      type="auto"
      offsetScrollbars="x"
      viewportRef={viewport}
      viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': 'Steps' }}
    >
      <div className={classes.strip}>
        {steps.map((each) =>
          onSelect ? (
            <UnstyledButton
              key={each.step}
              data-step={each.step}
              tabIndex={-1}
              aria-pressed={each.step === selected}
              className={classes.step}
              onClick={() => onSelect(each.step)}
            >
              <Thumbnail {...each} />
            </UnstyledButton>
          ) : (
            <div key={each.step} data-step={each.step} className={classes.step}>
              <Thumbnail {...each} />
            </div>
          ),
        )}
      </div>
    </ScrollArea>
  );
}

/** Scrolls the strip only: `scrollIntoView` would scroll the page as well, while the user may be typing. */
function reveal(viewport: HTMLElement, step: number): void {
  const picture = viewport.querySelector(`[data-step="${step}"]`);
  if (!picture) return;
  const { left, right } = picture.getBoundingClientRect();
  const visible = viewport.getBoundingClientRect();
  if (left < visible.left) viewport.scrollLeft += left - visible.left;
  else if (right > visible.right) viewport.scrollLeft += right - visible.right;
}

function Thumbnail({ step, url }: StepPicture) {
  return <img src={url} alt={`Step ${step}`} loading="lazy" decoding="async" width={56} height={56} />;
}
