import { Button, FileButton, Group, Paper, Stack, Text } from '@mantine/core';
import { type DragEvent, useEffect, useState } from 'react';
import { CloseIcon, PictureIcon } from '../app/icons.js';
import { hasText } from '../drop/drop-anywhere.js';
import { startFrom } from './files.js';
import classes from './start-field.module.css';
import { StartPicture } from './start-picture.js';
import { setStart, useStart } from './start-store.js';

/** The picture that img2img starts from: dropped, pasted, chosen, or sent from a result. */
export function StartField() {
  const start = useStart();
  const [isOver, setOver] = useState(false);
  usePastedPictures();
  const drop = (event: DragEvent) => {
    setOver(false);
    // What is no picture may be a movie, whose settings the page reads.
    if (startFrom(event.dataTransfer.files[0])) event.preventDefault();
  };
  return (
    <Paper
      withBorder
      p="sm"
      radius="md"
      className={classes.field ?? ''}
      data-over={isOver || undefined}
      onDragOver={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Stack gap="sm">
        {start ? (
          <StartPicture key={start.url} start={start} />
        ) : (
          <Stack align="center" gap={4} className={classes.empty ?? ''}>
            <PictureIcon size={32} />
            <Text size="sm">Drop the picture to start from here, or paste it</Text>
          </Stack>
        )}
        <Group gap="xs">
          <FileButton accept="image/*" onChange={startFrom}>
            {(props) => (
              <Button {...props} variant="default" size="xs" leftSection={<PictureIcon size={16} />}>
                {start ? 'Another picture…' : 'Choose a picture…'}
              </Button>
            )}
          </FileButton>
          {start && (
            <Button
              variant="subtle"
              color="gray"
              size="xs"
              leftSection={<CloseIcon size={14} />}
              onClick={() => setStart(undefined)}
            >
              Remove
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

/** Takes pictures that are pasted anywhere in the tab, before the page looks for settings in them. */
function usePastedPictures(): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (!hasText(event) && startFrom(file)) event.preventDefault();
    };
    addEventListener('paste', paste, { capture: true });
    return () => removeEventListener('paste', paste, { capture: true });
  }, []);
}
