import { SimpleGrid, Skeleton } from '@mantine/core';
import type { AboutShape } from '../api/types.js';
import { useOptions, withoutHires } from '../form/form-options.js';
import { useForm } from '../form/form-store.js';
import { OptionField, SliderField } from '../form/option-field.js';
import { readAsDataUrl, useMask, useStartPicture } from '../form/start-picture.js';
import { GenerateTab } from './generate-tab.js';
import { StartField } from './start-field.js';

/** Generates images from a picture and a prompt. */
export default function Img2imgTab() {
  const { generation, animation, img2img, scriptEnabled } = useForm('img2img');
  const { denoisingStrength, resizeMode, startFrame } = useOptions('img2img', 'img2img');
  const start = useStartPicture();
  const mask = useMask(start?.url);
  const createJob = async (about: AboutShape) => {
    if (!start) throw new Error('Choose a start picture first: drop it, paste it or open a file.');
    return {
      kind: 'img2img' as const,
      ...{ generation: withoutHires(about, generation), img2img, animation: scriptEnabled ? animation : null },
      picture: await readAsDataUrl(start),
      ...(mask === undefined ? {} : { mask }),
    };
  };
  return (
    <GenerateTab tab="img2img" createJob={createJob}>
      <StartField />
      {denoisingStrength ? <SliderField {...denoisingStrength} max={1} step={0.01} /> : <Skeleton h={52} />}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {resizeMode ? <OptionField {...resizeMode} /> : <Skeleton h={109} />}
        {startFrame && <OptionField {...startFrame} />}
      </SimpleGrid>
    </GenerateTab>
  );
}
