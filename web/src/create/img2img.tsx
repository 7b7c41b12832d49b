import type { AboutShape } from '../api/types.js';
import { useOptions, withoutHires } from '../form/form-options.js';
import { useForm } from '../form/form-store.js';
import { OptionRow } from '../form/option-row.js';
import rows from '../form/row.module.css';
import { readAsDataUrl, useMask, useStartPicture } from '../form/start-picture.js';
import { CreatePage } from './create-page.js';
import { StartField } from './start-field.js';

/** Generates images from a picture and a prompt. */
export default function Img2img() {
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
    <CreatePage tab="img2img" createJob={createJob}>
      <StartField />
      <div className={rows.rows}>
        {denoisingStrength && <OptionRow {...denoisingStrength} />}
        {resizeMode && <OptionRow {...resizeMode} />}
        {startFrame && <OptionRow {...startFrame} />}
      </div>
    </CreatePage>
  );
}
