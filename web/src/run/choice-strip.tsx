import { Group, Text, UnstyledButton } from '@mantine/core';
import classes from './choice-strip.module.css';

type Choice = { readonly id: string; readonly url: string | null; readonly caption: string };

type Props = {
  /** what is chosen */
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
};

/** Small pictures of what there is, of which one is shown large; nothing where there is no choice. */
export function ChoiceStrip({ label, choices, chosen, onChoose }: Props) {
  if (choices.length < 2) return null;
  return (
    <Group gap="xs" role="group" aria-label={label}>
      {choices.map(({ id, url, caption }) => (
        <UnstyledButton key={id} className={classes.choice} aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {url !== null && <img src={url} alt="" width={72} height={72} loading="lazy" />}
          <Text size="xs" ta="center">
            {caption}
          </Text>
        </UnstyledButton>
      ))}
    </Group>
  );
}
