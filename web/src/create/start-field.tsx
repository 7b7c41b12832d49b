import { Alert, Button, FileButton, Group, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { type DragEvent, lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useOptions } from '../form/form-options.js';
import { setOptions } from '../form/form-store.js';
import { OptionRow } from '../form/option-row.js';
import {
  type StartPicture,
  setMask,
  setStartFile,
  setStartPicture,
  useMask,
  useStartPicture,
} from '../form/start-picture.js';
import { isTextPaste } from '../ui/drop-zone.js';
import { BrushIcon, CloseIcon, PictureIcon, SizeIcon } from '../ui/icons.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';
import { readMaskFile, type Size } from './mask-drawing.js';
import classes from './start-field.module.css';

const MaskEditor = lazy(() => import('./mask-editor.js'));

/** Limits of the sides of images, in pixels. */
const sizeStep = 8;
const minSide = 64;
const maxSide = 4096;

/** The field of the picture that img2img starts from, which can be dropped, pasted, chosen or sent from a result. */
export function StartField() {
  const start = useStartPicture();
  const [isOver, setOver] = useState(false);
  usePastedPictures();
  const drop = (event: DragEvent) => {
    setOver(false);
    // Other files, such as movies, are left to the page, which reads their settings.
    if (setStartFile(event.dataTransfer.files[0])) event.preventDefault();
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
          <Picture key={start.url} start={start} />
        ) : (
          <Stack align="center" gap={4} className={classes.empty ?? ''}>
            <PictureIcon size={32} />
            <Text size="sm">{words().picture.drop}</Text>
          </Stack>
        )}
        <Group gap="xs">
          <FileButton accept="image/*" onChange={setStartFile}>
            {(props) => (
              <Button {...props} variant="default" size="xs" leftSection={<PictureIcon size={16} />}>
                {start ? words().picture.chooseAnother : words().picture.choose}
              </Button>
            )}
          </FileButton>
          {start && (
            <Button
              variant="subtle"
              color="gray"
              size="xs"
              leftSection={<CloseIcon size={14} />}
              onClick={() => setStartPicture(undefined)}
            >
              {words().picture.remove}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

/** Starts from pictures that are pasted anywhere in the tab; capturing comes before the page reads their settings. */
function usePastedPictures(): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (!isTextPaste(event) && setStartFile(file)) event.preventDefault();
    };
    addEventListener('paste', paste, { capture: true });
    return () => removeEventListener('paste', paste, { capture: true });
  }, []);
}

/** The start picture with its mask, or the mask editor. */
function Picture({ start: { url, name } }: { readonly start: StartPicture }) {
  const [size, setSize] = useState<Size>();
  const [isBroken, setBroken] = useState(false);
  const [isDrawing, setDrawing] = useState(false);
  const mask = useMask(url);
  const { maskBlur } = useOptions('img2img', 'img2img');
  const changeMask = useCallback((dataUrl: string | undefined) => setMask(url, dataUrl), [url]);
  if (isBroken) return <Alert color="red">{words().picture.cannotShow(name)}</Alert>;
  if (isDrawing && size) {
    return (
      <>
        <Suspense fallback={<Skeleton h={256} />}>
          <MaskEditor url={url} size={size} mask={mask} onMask={changeMask} />
        </Suspense>
        {maskBlur && <OptionRow {...maskBlur} />}
        <Group gap="xs">
          <Button size="xs" variant="light" onClick={() => setDrawing(false)}>
            {words().picture.done}
          </Button>
        </Group>
      </>
    );
  }
  return (
    <>
      <div className={classes.picture}>
        <img
          src={url}
          alt={words().picture.alt(name)}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setSize({ width, height })}
          onError={() => setBroken(true)}
        />
        {mask !== undefined && <div className={classes.mask} style={{ maskImage: `url(${mask})` }} />}
      </div>
      <Text size="sm" c="dimmed" ta="center" truncate mih="1.5em">
        {size && `${name}, ${size.width} × ${size.height}`}
      </Text>
      <Group gap="xs">{size && <PictureActions {...{ url, size, mask }} onDraw={() => setDrawing(true)} />}</Group>
      {mask !== undefined && maskBlur && <OptionRow {...maskBlur} />}
    </>
  );
}

type ActionsProps = {
  readonly url: string;
  readonly size: Size;
  readonly mask: string | undefined;
  readonly onDraw: () => void;
};

function PictureActions({ url, size, mask, onDraw }: ActionsProps) {
  const image = imageSizeOf(size);
  const loadMask = (file: File | null) => {
    if (file) readMaskFile(file, size).then((loaded) => setMask(url, loaded), notifyError);
  };
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<SizeIcon size={16} />}
        onClick={() => setOptions('img2img', { generation: image })}
      >
        {words().picture.useSize(`${image.width} × ${image.height}`)}
      </Button>
      <Button variant="default" size="xs" leftSection={<BrushIcon size={16} />} onClick={onDraw}>
        {mask === undefined ? words().picture.drawMask : words().picture.editMask}
      </Button>
      <FileButton accept="image/*" onChange={loadMask}>
        {(props) => (
          <Button {...props} variant="default" size="xs">
            {words().picture.loadMask}
          </Button>
        )}
      </FileButton>
      {mask !== undefined && (
        <Button variant="subtle" color="gray" size="xs" onClick={() => setMask(url, undefined)}>
          {words().picture.removeMask}
        </Button>
      )}
    </>
  );
}

/** The nearest size of an image: multiples of 8 pixels, scaled down to at most 4096. */
function imageSizeOf({ width, height }: Size): Size {
  const scale = Math.min(1, maxSide / width, maxSide / height);
  const sideOf = (side: number) => Math.max(minSide, Math.round((side * scale) / sizeStep) * sizeStep);
  return { width: sideOf(width), height: sideOf(height) };
}
