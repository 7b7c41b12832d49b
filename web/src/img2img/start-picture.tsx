import { Alert, Button, FileButton, Group, Skeleton, Text } from '@mantine/core';
import { lazy, Suspense, useCallback, useState } from 'react';
import { BrushIcon, SizeIcon } from '../app/icons.js';
import { OptionField } from '../form/option-field.js';
import { useOptions } from '../form/use-options.js';
import { tellError } from '../run/use-generate.js';
import { maskOfFile } from './mask-picture.js';
import { setMask, useMask } from './mask-store.js';
import { imageSizeOf, type Size, takeSizeOf } from './picture-size.js';
import classes from './start-field.module.css';
import type { Start } from './start-store.js';

const MaskEditor = lazy(() => import('./mask-editor.js'));

/** A picture to start from, with its size and its mask. */
export function StartPicture({ start: { url, name } }: { readonly start: Start }) {
  const [size, setSize] = useState<Size>();
  const [isBroken, setBroken] = useState(false);
  const [isDrawing, setDrawing] = useState(false);
  const mask = useMask(url);
  const { maskBlur } = useOptions('img2img', 'img2img');
  const takeMask = useCallback((drawn: string | undefined) => setMask(url, drawn), [url]);
  if (isBroken) return <Alert color="red">{`${name} cannot be shown: choose another picture.`}</Alert>;
  if (isDrawing && size) {
    return (
      <>
        <Suspense fallback={<Skeleton h={256} />}>
          <MaskEditor url={url} size={size} mask={mask} onMask={takeMask} />
        </Suspense>
        {maskBlur && <OptionField {...maskBlur} helps={false} />}
        <Group gap="xs">
          <Button size="xs" variant="light" onClick={() => setDrawing(false)}>
            Done
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
          alt={`To start from: ${name}`}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setSize({ width, height })}
          onError={() => setBroken(true)}
        />
        {mask !== undefined && <div className={classes.mask} style={{ maskImage: `url(${mask})` }} />}
      </div>
      <Text size="sm" c="dimmed" ta="center" truncate mih="1.5em">
        {size && `${name}, ${size.width} × ${size.height}`}
      </Text>
      <Group gap="xs">{size && <PictureActions {...{ url, size, mask }} onDraw={() => setDrawing(true)} />}</Group>
      {mask !== undefined && maskBlur && <OptionField {...maskBlur} helps={false} />}
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
    if (file) maskOfFile(file, size).then((loaded) => setMask(url, loaded), tellError);
  };
  return (
    <>
      <Button variant="default" size="xs" leftSection={<SizeIcon size={16} />} onClick={() => takeSizeOf(size)}>
        {`Use its size (${image.width} × ${image.height})`}
      </Button>
      <Button variant="default" size="xs" leftSection={<BrushIcon size={16} />} onClick={onDraw}>
        {mask === undefined ? 'Draw a mask' : 'Change the mask'}
      </Button>
      <FileButton accept="image/*" onChange={loadMask}>
        {(props) => (
          <Button {...props} variant="default" size="xs">
            Mask from a file…
          </Button>
        )}
      </FileButton>
      {mask !== undefined && (
        <Button variant="subtle" color="gray" size="xs" onClick={() => setMask(url, undefined)}>
          Without a mask
        </Button>
      )}
    </>
  );
}
