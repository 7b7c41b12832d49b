import { Progress } from '@mantine/core';

type Props = {
  /** in percent; 0 while it is not known */
  readonly share: number;
  readonly label: string;
  /** how far it is, in words */
  readonly text: string;
};

/** A bar that fills, or moves as long as nobody knows how far it is. */
export function ProgressBar({ share, label, text }: Props) {
  const isKnown = share > 0;
  const now = isKnown ? { 'aria-valuenow': Math.round(share) } : {};
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
      <Progress.Section withAria={false} value={isKnown ? share : 100} striped={!isKnown} animated={!isKnown} />
    </Progress.Root>
  );
}
