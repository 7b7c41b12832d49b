import { ActionIcon, Group, Slider, Text, Tooltip } from '@mantine/core';
import { useEffect } from 'react';
import { CompareIcon, FilmIcon } from '../app/icons.js';
import { StepStrip, type StripStep } from './step-strip.js';

type Props = {
  /** at least two, rising */
  readonly steps: readonly StripStep[];
  /** the step that is shown; none while the movie is */
  readonly selected: number | undefined;
  readonly onSelect: (step: number | undefined) => void;
  readonly onCompare: () => void;
};

/** Moves through the steps, by drag and with the arrow keys. */
export function StepScrubber({ steps, selected, onSelect, onCompare }: Props) {
  const at = selected === undefined ? steps.length - 1 : steps.findIndex(({ step }) => step === selected);
  useEffect(() => {
    if (selected === undefined) return;
    for (const near of [at - 2, at - 1, at + 1, at + 2]) {
      const url = steps[near]?.url;
      if (url) new Image().src = url;
    }
  }, [at, selected, steps]);
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
          value={at}
          onChange={(index) => onSelect(steps[index]?.step)}
          label={(index) => `Step ${steps[index]?.step ?? ''}`}
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
