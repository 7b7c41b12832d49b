import { Button, FileButton, Group, Paper, Stack, Text } from '@mantine/core';
import { type DragEvent, lazy, Suspense, useEffect, useState } from 'react';
import { CloseIcon, PictureIcon } from '../app/icons.js';
import { setOptions } from '../form/form-store.js';
import { startFrom } from './files.js';
import classes from './start-field.module.css';
import { setStart, useStart } from './start-store.js';

const MaskEditor = lazy(() => import('./mask-editor.js'));

type Size = { readonly width: number; readonly height: number };
type Props = { readonly onMask: (dataUrl: string | undefined) => void };

/** The picture that img2img starts from: dropped, pasted or chosen, with a mask if one is drawn. */
export function StartField({ onMask }: Props) {
  const start = useStart();
  const [size, setSize] = useState<Size>();
  const [isMasking, setMasking] = useState(false);
  usePastedPictures();
  const change = (next: () => unknown) => {
    setMasking(false);
    onMask(undefined);
    next();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    change(() => startFrom(event.dataTransfer.files[0]));
  };
  return (
    <Paper withBorder p="sm" radius="md" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Stack gap="sm">
        {start && !isMasking && (
          <img
            src={start.url}
            alt={`To start from: ${start.name}`}
            className={classes.picture}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setSize({ width: naturalWidth, height: naturalHeight })
            }
          />
        )}
        {start && isMasking && size && (
          <Suspense>
            <MaskEditor url={start.url} size={size} onMask={onMask} />
          </Suspense>
        )}
        {!start && (
          <Stack align="center" gap={4} className={classes.empty}>
            <PictureIcon size={32} />
            <Text size="sm">Drop the picture to start from here, or paste it</Text>
          </Stack>
        )}
        <Group gap="xs">
          <FileButton accept="image/*" onChange={(file) => change(() => startFrom(file ?? undefined))}>
            {(props) => (
              <Button {...props} variant="default" size="xs">
                {start ? 'Another picture…' : 'Choose a picture…'}
              </Button>
            )}
          </FileButton>
          {start && size && (
            <>
              <Button variant="default" size="xs" onClick={() => takeSize(size)}>
                {`Use its size (${size.width}×${size.height})`}
              </Button>
              <Button
                variant={isMasking ? 'light' : 'default'}
                size="xs"
                aria-pressed={isMasking}
                onClick={() => {
                  setMasking(!isMasking);
                  onMask(undefined);
                }}
              >
                {isMasking ? 'Without a mask' : 'Draw a mask'}
              </Button>
              <Button
                variant="subtle"
                color="gray"
                size="xs"
                leftSection={<CloseIcon size={14} />}
                onClick={() => change(() => setStart(undefined))}
              >
                Remove
              </Button>
            </>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

/** Images are made in multiples of 8 pixels. */
function takeSize({ width, height }: Size): void {
  const wholeEights = (side: number) => Math.max(64, Math.round(side / 8) * 8);
  setOptions('img2img', { generation: { width: wholeEights(width), height: wholeEights(height) } });
}

function usePastedPictures(): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file && startFrom(file)) event.preventDefault();
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);
}
