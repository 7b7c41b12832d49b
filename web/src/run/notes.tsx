import { Spoiler, Text } from '@mantine/core';

/** What was told on the way; with debug info that is much, so only its beginning is open. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <Spoiler maxHeight={72} showLabel="All notes" hideLabel="Fewer notes" fz="xs">
      {notes.map((note, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: notes are only added at the end, and may be the same
        <Text key={index} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </Spoiler>
  );
}
