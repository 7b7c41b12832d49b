import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { AgainIcon, CopyIcon, DownloadIcon, FilmIcon, PictureIcon, SendIcon } from '../app/icons.js';
import { setOptions, type Tab, type Values } from '../form/form-store.js';
import { setStart } from '../img2img/start-store.js';
import type { JobImage, JobMovie } from './image-result.js';

const RenderAgain = lazy(() => import('./render-again.js'));

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  /** the step that is shown */
  readonly step: JobImage['steps'][number] | undefined;
  readonly renders: readonly JobShape[];
};

/** What can be done with a result. */
export function ResultActions({ job, image, movie, step, renders }: Props) {
  const [isRendering, setRendering] = useState(false);
  const busy = renders.some(({ state }) => state === 'queued' || state === 'running');
  return (
    <>
      {movie && <Save url={movie.url} label="Movie" />}
      {step && <Save url={step.url} label={`Step ${step.step}`} />}
      {image.url && <Save url={image.url} label="Image" />}
      {image.steps.length > 0 && (
        <Button
          variant="default"
          size="xs"
          leftSection={<FilmIcon size={16} />}
          loading={busy}
          onClick={() => setRendering(true)}
        >
          Render again
        </Button>
      )}
      {image.url && (
        <Button
          variant="default"
          size="xs"
          leftSection={<SendIcon size={16} />}
          onClick={() => sendToImg2img(step?.url ?? image.url ?? '', image)}
        >
          Send to img2img
        </Button>
      )}
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
          <Menu.Item leftSection={<AgainIcon size={16} />} onClick={() => fillForm(job, image)}>
            Use these settings
          </Menu.Item>
          {image.url && (
            <Menu.Item leftSection={<PictureIcon size={16} />} component="a" href={image.url} target="_blank">
              Open the image
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isRendering && (
        <Suspense>
          <RenderAgain job={job} image={image} onClose={() => setRendering(false)} />
        </Suspense>
      )}
    </>
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

function sendToImg2img(url: string, { seed }: JobImage): void {
  setStart({ url, name: `seed ${seed}` });
  location.hash = 'img2img';
}

async function copySettings(infotext: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(infotext);
    notifications.show({ message: 'The settings are in the clipboard.' });
  } catch {
    notifications.show({ color: 'red', message: 'The browser does not allow it: copy them from the details instead.' });
  }
}

/** Fills the form of the job's kind with what the image was made with. */
function fillForm({ kind, options }: JobShape, { seed }: JobImage): void {
  const tab: Tab = kind === 'img2img' ? 'img2img' : 'txt2img';
  setOptions(tab, {
    generation: { ...(options.generation as Values), seed },
    animation: options.animation as Values,
    ...(options.img2img ? { img2img: options.img2img as Values } : {}),
  });
  location.hash = tab;
  notifications.show({ message: `The form of ${tab} has these settings now.` });
}
