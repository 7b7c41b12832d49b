import { Button, Menu } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useAbout } from '../api/queries.js';
import type { JobImage, JobMovie, JobShape } from '../api/types.js';
import { fillFromJob, sendToImg2img } from '../form/fill-form.js';
import type { Values } from '../form/form-store.js';
import { AgainIcon, CopyIcon, FilmIcon, PictureIcon, SendIcon } from '../ui/icons.js';
import { DownloadButton } from '../ui/media.js';
import { copySettings } from '../ui/notifications.js';
import { useRunAgain } from './job-actions.js';

const RenderAgain = lazy(() => import('./render-again.js'));

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  /** the step that is shown; undefined while the movie is shown */
  readonly step: JobImage['steps'][number] | undefined;
  /** called when another movie is queued */
  readonly onRender: () => void;
};

/** Buttons for the shown movie, step or image. */
export function ResultActions({ job, image, movie, step, onRender }: Props) {
  const [isRenderOpen, setRenderOpen] = useState(false);
  const { data: about } = useAbout();
  const picture = step?.url ?? image.url;
  const name = `${step ? `step ${step.step}, ` : ''}seed ${image.seed}`;
  return (
    <>
      {movie && <DownloadButton url={movie.url} label="Movie" />}
      {step && <DownloadButton url={step.url} label={`Step ${step.step}`} />}
      {image.url && <DownloadButton url={image.url} label="Image" />}
      {image.steps.length > 0 && (
        <Button variant="default" size="xs" leftSection={<FilmIcon size={16} />} onClick={() => setRenderOpen(true)}>
          Render again
        </Button>
      )}
      {picture && about && (
        <Button
          variant="default"
          size="xs"
          leftSection={<SendIcon size={16} />}
          onClick={() => sendToImg2img(about, { url: picture, name }, job.options.generation as Values)}
        >
          Send to img2img
        </Button>
      )}
      <SettingsMenu job={job} image={image} />
      {isRenderOpen && (
        <Suspense>
          <RenderAgain job={job} image={image} onRender={onRender} onClose={() => setRenderOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function SettingsMenu({ job, image }: Pick<Props, 'job' | 'image'>) {
  const again = useRunAgain(job);
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="xs">
          Settings
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<CopyIcon size={16} />} onClick={() => void copySettings(image.infotext)}>
          Copy settings
        </Menu.Item>
        <Menu.Item leftSection={<SendIcon size={16} />} onClick={() => fillFromJob(job, image.seed)}>
          Use these settings
        </Menu.Item>
        <Menu.Item leftSection={<AgainIcon size={16} />} onClick={() => again.mutate()}>
          Run again
        </Menu.Item>
        {image.url && (
          <Menu.Item leftSection={<PictureIcon size={16} />} component="a" href={image.url} target="_blank">
            Open the image
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
