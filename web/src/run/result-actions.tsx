import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import { useAbout } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { AgainIcon, CopyIcon, DownloadIcon, FilmIcon, PictureIcon, SendIcon } from '../app/icons.js';
import type { Values } from '../form/form-store.js';
import { sendToImg2img } from '../img2img/send-to-img2img.js';
import type { JobImage, JobMovie } from './image-result.js';
import { useAgain } from './use-again.js';
import { fillForm } from './use-settings.js';

const RenderAgain = lazy(() => import('./render-again.js'));

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  /** the step that is shown */
  readonly step: JobImage['steps'][number] | undefined;
  /** told that another movie is being made */
  readonly onRender: () => void;
};

/** What can be done with a result. */
export function ResultActions({ job, image, movie, step, onRender }: Props) {
  const [isAsking, setAsking] = useState(false);
  const { data: about } = useAbout();
  const picture = step?.url ?? image.url;
  const name = `${step ? `step ${step.step}, ` : ''}seed ${image.seed}`;
  return (
    <>
      {movie && <Save url={movie.url} label="Movie" />}
      {step && <Save url={step.url} label={`Step ${step.step}`} />}
      {image.url && <Save url={image.url} label="Image" />}
      {image.steps.length > 0 && (
        <Button variant="default" size="xs" leftSection={<FilmIcon size={16} />} onClick={() => setAsking(true)}>
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
      {isAsking && (
        <Suspense>
          <RenderAgain job={job} image={image} onRender={onRender} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </>
  );
}

function SettingsMenu({ job, image }: Pick<Props, 'job' | 'image'>) {
  const again = useAgain(job);
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="xs">
          Settings
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<CopyIcon size={16} />} onClick={() => copySettings(image.infotext)}>
          Copy settings
        </Menu.Item>
        <Menu.Item leftSection={<SendIcon size={16} />} onClick={() => fillForm(job, image.seed)}>
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

function Save({ url, label }: { readonly url: string; readonly label: string }) {
  return (
    <Button
      component="a"
      href={`${url}?download=1`}
      download
      variant="default"
      size="xs"
      leftSection={<DownloadIcon size={16} />}
      aria-label={`Download: ${label}`}
    >
      {label}
    </Button>
  );
}

async function copySettings(infotext: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(infotext);
    notifications.show({ message: 'The settings are in the clipboard.' });
  } catch {
    notifications.show({ color: 'red', message: 'The browser does not allow pages to write to the clipboard here.' });
  }
}
