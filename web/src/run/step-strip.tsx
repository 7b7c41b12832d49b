import { ScrollArea, UnstyledButton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import classes from './step-strip.module.css';

export type StripStep = { readonly step: number; readonly url: string };

type Props = {
  readonly steps: readonly StripStep[];
  /** the step that is shown large */
  readonly selected?: number | undefined;
  readonly onSelect?: (step: number) => void;
};

/** Small pictures of the steps, the first at the left; it follows the newest, or the selected one. */
export function StepStrip({ steps, selected, onSelect }: Props) {
  const viewport = useRef<HTMLDivElement>(null);
  const followed = selected ?? steps.at(-1)?.step;
  useEffect(() => {
    if (viewport.current && followed !== undefined) reveal(viewport.current, followed);
  }, [followed]);
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

/** Moves the strip alone: `scrollIntoView` would move the page under the hands of who is typing. */
function reveal(viewport: HTMLElement, step: number): void {
  const picture = viewport.querySelector(`[data-step="${step}"]`);
  if (!picture) return;
  const { left, right } = picture.getBoundingClientRect();
  const seen = viewport.getBoundingClientRect();
  if (left < seen.left) viewport.scrollLeft += left - seen.left;
  else if (right > seen.right) viewport.scrollLeft += right - seen.right;
}

function Thumbnail({ step, url }: StripStep) {
  return <img src={url} alt={`Step ${step}`} loading="lazy" decoding="async" width={56} height={56} />;
}
