import { SimpleGrid, Skeleton } from '@mantine/core';
import { GenerateTab } from '../app/generate-tab.js';
import { hiresOptions } from '../form/form-options.js';
import { useForm } from '../form/form-store.js';
import { OptionField } from '../form/option-field.js';
import { SliderField } from '../form/slider-field.js';
import { useOptions } from '../form/use-options.js';
import { dataUrlOf } from './files.js';
import { useMask } from './mask-store.js';
import { StartField } from './start-field.js';
import { useStart } from './start-store.js';

/** An image from a picture and a prompt. */
export default function Img2imgTab() {
  const { generation, animation, img2img, scriptEnabled } = useForm('img2img');
  const { denoisingStrength, resizeMode, startFrame } = useOptions('img2img', 'img2img');
  const start = useStart();
  const mask = useMask(start?.url);
  const request = async () => {
    if (!start) throw new Error('Choose the picture to start from first: drop it, paste it or open a file.');
    const options = Object.entries(generation).filter(([name]) => !hiresOptions.includes(name));
    return {
      kind: 'img2img' as const,
      ...{ generation: Object.fromEntries(options), img2img, animation: scriptEnabled ? animation : null },
      picture: await dataUrlOf(start),
      ...(mask === undefined ? {} : { mask }),
    };
  };
  return (
    <GenerateTab tab="img2img" request={request}>
      <StartField />
      {denoisingStrength ? <SliderField {...denoisingStrength} most={1} step={0.01} /> : <Skeleton h={52} />}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {resizeMode ? <OptionField {...resizeMode} /> : <Skeleton h={109} />}
        {startFrame && <OptionField {...startFrame} />}
      </SimpleGrid>
    </GenerateTab>
  );
}
