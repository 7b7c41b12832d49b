import { Menu } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useAbout } from '../api/queries.js';
import type { JobImage, JobMovie, JobShape } from '../api/types.js';
import { fillFromJob, sendToImg2img } from '../form/fill-form.js';
import type { Values } from '../form/form-store.js';
import { useRunAgain, useVariations } from '../run/job-actions.js';
import { bytesText, movieName } from '../run/movies.js';
import type { StepPicture } from '../run/previews.js';
import {
  AgainIcon,
  CompareIcon,
  CopyIcon,
  DownloadIcon,
  FilmIcon,
  MoreIcon,
  PictureIcon,
  RemixIcon,
  SendIcon,
  VariationsIcon,
} from '../ui/icons.js';
import { useKey } from '../ui/keys.js';
import { downloadUrl } from '../ui/media.js';
import { copySettings } from '../ui/notifications.js';
import { words } from '../words/words.js';
import classes from './stage.module.css';
import { Act } from './stage-layout.js';

const RenderAgain = lazy(() => import('./render-again.js'));

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  /** the step that is shown; undefined while the movie is shown */
  readonly step: StepPicture | undefined;
  /** called when another movie is queued */
  readonly onRender: () => void;
  readonly onCompare: () => void;
};

/** What can be done with what is on the stage. */
export function ResultActions(props: Props) {
  const { job, image, onCompare } = props;
  const variations = useVariations(job, image);
  const { actions } = words();
  const remix = () => fillFromJob(job, image.seed);
  const vary = () => variations?.mutate();
  useKey('r', remix);
  useKey('v', vary);
  useKey('c', image.steps.length > 1 ? onCompare : undefined);
  return (
    <>
      <DownloadMenu {...props} />
      {variations && (
        <Act
          icon={<VariationsIcon />}
          label={actions.variations}
          hint={`${actions.variationsHint} (V)`}
          isDisabled={variations.isPending}
          onClick={vary}
        />
      )}
      <Act icon={<RemixIcon />} label={actions.remix} hint={`${actions.remixHint} (R)`} onClick={remix} />
      {image.steps.length > 1 && (
        <Act icon={<CompareIcon />} label={actions.compare} hint={`${actions.compareHint} (C)`} onClick={onCompare} />
      )}
      <MoreMenu {...props} />
    </>
  );
}

function DownloadMenu({ image, movie, step }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { data: about } = useAbout();
  const { actions } = words();
  useKey('d', () => setOpen(true));
  const item = (url: string, label: string, detail: string) => (
    <Menu.Item
      component="a"
      href={downloadUrl(url)}
      download
      rightSection={<span className={classes.size}>{detail}</span>}
    >
      {label}
    </Menu.Item>
  );
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-start" width={240}>
      <Menu.Target>
        <Act icon={<DownloadIcon />} label={actions.download} hint={`${actions.download} (D)`} isMain />
      </Menu.Target>
      <Menu.Dropdown>
        {movie && item(movie.url, actions.movie, `${movieName(movie, about)} · ${bytesText(movie.bytes)}`)}
        {step && item(step.url, actions.step(step.step), 'PNG')}
        {image.url !== null && item(image.url, actions.picture, 'PNG')}
      </Menu.Dropdown>
    </Menu>
  );
}

function MoreMenu({ job, image, step, onRender }: Props) {
  const [isRenderOpen, setRenderOpen] = useState(false);
  const { data: about } = useAbout();
  const again = useRunAgain(job);
  const { actions, stage, player } = words();
  const url = step?.url ?? image.url;
  const seed = stage.seed(image.seed);
  const name = step ? `${player.stepN(step.step)}, ${seed}` : seed;
  const generation = job.options.generation as Values;
  return (
    <>
      <Menu position="left-end">
        <Menu.Target>
          <Act icon={<MoreIcon />} label={actions.more} hint={actions.moreHint} />
        </Menu.Target>
        <Menu.Dropdown>
          {image.steps.length > 0 && (
            <Menu.Item leftSection={<FilmIcon size={16} />} onClick={() => setRenderOpen(true)}>
              {actions.render}
            </Menu.Item>
          )}
          {url !== null && about && (
            <Menu.Item
              leftSection={<SendIcon size={16} />}
              onClick={() => sendToImg2img(about, { url, name }, generation)}
            >
              {actions.toImg2img}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<CopyIcon size={16} />} onClick={() => void copySettings(image.infotext)}>
            {actions.copySettings}
          </Menu.Item>
          <Menu.Item leftSection={<AgainIcon size={16} />} onClick={() => again.mutate()}>
            {actions.again}
          </Menu.Item>
          {image.url !== null && (
            <Menu.Item leftSection={<PictureIcon size={16} />} component="a" href={image.url} target="_blank">
              {actions.openImage}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isRenderOpen && (
        <Suspense>
          <RenderAgain job={job} image={image} onRender={onRender} onClose={() => setRenderOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
