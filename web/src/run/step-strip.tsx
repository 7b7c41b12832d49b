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
  const end = useRef<HTMLDivElement>(null);
  const followed = selected ?? steps.at(-1)?.step;
  useEffect(() => {
    end.current?.querySelector(`[data-step="${followed}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [followed]);
  return (
    <ScrollArea scrollbarSize={6} type="auto" offsetScrollbars="x">
      <div ref={end} className={classes.strip}>
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

function Thumbnail({ step, url }: StripStep) {
  return <img src={url} alt={`Step ${step}`} loading="lazy" width={56} height={56} />;
}
