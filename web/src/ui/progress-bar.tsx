import { Progress } from '@mantine/core';

type Props = {
  /** 0 while the progress is unknown */
  readonly percent: number;
  readonly label: string;
  /** the progress in words, for screen readers */
  readonly text: string;
};

/** A progress bar, animated while the progress is unknown. */
export function ProgressBar({ percent, label, text }: Props) {
  const isKnown = percent > 0;
  const now = isKnown ? { 'aria-valuenow': Math.round(percent) } : {};
  return (
    <Progress.Root
      transitionDuration={150}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={text}
      {...now}
    >
      <Progress.Section withAria={false} value={isKnown ? percent : 100} striped={!isKnown} animated={!isKnown} />
    </Progress.Root>
  );
}
