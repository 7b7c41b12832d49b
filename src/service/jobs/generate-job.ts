import { animate } from '../../app/animate.js';
import type { RunEvent } from '../../app/events.js';
import type { GenerationRequest, Host } from '../../hosts/host.js';
import { messageOf } from '../../util/error-message.js';
import type { Movie, StoredJob } from '../job.js';
import type { Library } from '../library/library.js';
import { decodeStart, type JobFiles } from './job-files.js';
import type { JobStore } from './job-store.js';
import { type Remainder, remainderOf } from './remainder.js';
import { renderJob } from './render-job.js';
import type { RunningJob } from './running-job.js';

type GenerateJobSettings = {
  readonly job: StoredJob;
  readonly running: RunningJob;
  readonly host: Host;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly library: Library;
  /** absolute */
  readonly outdir: string;
};

/** Makes the images of a job and their movies; of one that was running when the service was killed, what is missing. */
export async function generateJob(settings: GenerateJobSettings): Promise<void> {
  const { job, running, host, store, library, outdir } = settings;
  const { animation, img2img } = job.options;
  const isRepeated = job.images.length > 0;
  const { finished, generation } = isRepeated
    ? await resume(settings)
    : { finished: 0, generation: job.options.generation };
  if (!generation) return;
  const before = isRepeated ? library.ofJob(job.id) : [];
  await animate({
    host,
    request: await requestOf(settings, generation),
    animation: animation && { ...animation, grid: animation.grid && finished === 0 },
    tab: img2img ? 'img2img' : 'txt2img',
    ...{ outdir, onEvent: (event) => running.take(event), signal: running.signal, skips: running.skips },
    ...(isRepeated && { repeated: { since: job.createdAt, isTaken: (path) => store.isOfAnother(path, job.id) } }),
  });
  await removeDoubles(library, job.id, before);
}

/** Removes movies that were made again with the rest of their batch. */
async function removeDoubles(library: Library, job: string, before: readonly Movie[]): Promise<void> {
  const after = library.ofJob(job);
  for (const { id, image } of before) {
    const isDouble = image !== null && after.some((other) => other.image === image && other.id !== id);
    if (isDouble) await library.remove(id);
  }
}

async function requestOf(
  { job, files }: GenerateJobSettings,
  generation: Remainder['generation'],
): Promise<GenerationRequest> {
  const { img2img } = job.options;
  if (!img2img) return { ...generation };
  return { ...generation, start: { ...img2img, ...(await decodeStart(await files.readStart(job.id))) } };
}

/** Makes the movies that are missing of finished images. @returns what else there is to do */
async function resume(settings: GenerateJobSettings): Promise<Remainder> {
  const { job, running, store, files, library } = settings;
  // A movie may have been finished, and not been recorded any more.
  await library.scanned();
  const remainder = await remainderOf(job, library.ofJob(job.id), (image) => store.lastStep(job.id, image));
  const { finished, generation, withoutMovie } = remainder;
  running.resume(finished, generation === null);
  await files.removeSteps(job.id, finished);
  for (const image of withoutMovie) await renderMissing(settings, image);
  if (finished > 0 && job.options.animation?.grid) {
    const message = 'The movie of all images side by side was not made, as the service was killed between them.';
    running.take({ type: 'note', message });
  }
  return remainder;
}

/** Makes the movie of a finished image of its kept steps. A failure is only noted, as the image is there. */
async function renderMissing({ job, running, store, files, outdir }: GenerateJobSettings, image: number) {
  const { signal } = running;
  const onEvent = (event: RunEvent) => running.take(event);
  try {
    await renderJob({ options: { ...job.options, of: job.id, image }, store, files, outdir, onEvent, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    onEvent({ type: 'note', message: `The movie of image ${image} could not be made again: ${messageOf(error)}` });
  }
}
