import type { AboutShape } from '../api/types.js';
import { useOptions, withoutHires } from '../form/form-options.js';
import { getForm } from '../form/form-store.js';
import { OptionRow } from '../form/option-row.js';
import rows from '../form/row.module.css';
import { readAsDataUrl, useMask, useStartPicture } from '../form/start-picture.js';
import { words } from '../words/words.js';
import { CreatePage } from './create-page.js';
import { StartField } from './start-field.js';

/** Generates images from a picture and a prompt. */
export default function Img2img() {
  const { denoisingStrength, resizeMode, startFrame } = useOptions('img2img', 'img2img');
  const start = useStartPicture();
  const mask = useMask(start?.url);
  const createJob = async (about: AboutShape) => {
    const { generation, animation, img2img, scriptEnabled } = getForm('img2img');
    if (!start) throw new Error(words().picture.chooseFirst);
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
