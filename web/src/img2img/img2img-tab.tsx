import { SimpleGrid, Stack } from '@mantine/core';
import { useRef } from 'react';
import { GenerateTab } from '../app/generate-tab.js';
import { useForm } from '../form/form-store.js';
import { OptionField } from '../form/option-field.js';
import { SliderField } from '../form/slider-field.js';
import { useOptions } from '../form/use-options.js';
import { dataUrlOf } from './files.js';
import { StartField } from './start-field.js';
import { useStart } from './start-store.js';

/** An image from a picture and a prompt. */
export default function Img2imgTab() {
  const { generation, animation, img2img, scriptEnabled } = useForm('img2img');
  const { denoisingStrength, ...options } = useOptions('img2img', 'img2img');
  const start = useStart();
  const mask = useRef<string>(undefined);
  const request = async () => {
    if (!start) throw new Error('Choose the picture to start from first: drop it, paste it or open a file.');
    return {
      kind: 'img2img' as const,
      ...{ generation, img2img, animation: scriptEnabled ? animation : null },
      picture: await dataUrlOf(start),
      ...(mask.current === undefined ? {} : { mask: mask.current }),
    };
  };
  return (
    <GenerateTab tab="img2img" request={request}>
      <Stack gap="md">
        <StartField
          onMask={(drawn) => {
            mask.current = drawn;
          }}
        />
        {denoisingStrength && <SliderField {...denoisingStrength} most={1} step={0.01} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          {Object.values(options).map((bound) => (
            <OptionField key={bound.option.name} {...bound} />
          ))}
        </SimpleGrid>
      </Stack>
    </GenerateTab>
  );
}
