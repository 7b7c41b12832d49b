import { basename } from 'node:path';
import type { Job, JobAnimation, JobEvent, LibraryEntry } from '../job.js';
import type { AnimationShape, JobShape } from './shapes.js';

/** Where the API is. */
export const prefix = '/api/v1';

const animationUrl = (id: string) => `${prefix}/animations/${id}/file`;
const posterUrl = (id: string) => `${prefix}/animations/${id}/poster`;

/** A job as others are told of it: what is in files, by its address. */
export function jobJson(job: Job): JobShape {
  const { images, animations, errorCode: _, ...rest } = job;
  const url = `${prefix}/jobs/${job.id}`;
  return {
    ...rest,
    notes: [...rest.notes],
    waitsFor: [...rest.waitsFor],
    previewUrl: `${url}/preview`,
    images: images.map(({ path, steps, ...image }) => ({
      ...image,
      url: path === null ? null : `${url}/images/${image.index}`,
      steps: steps.map((step) => ({ step, url: `${url}/images/${image.index}/steps/${step}` })),
    })),
    animations: animations.map(movieJson),
  };
}

function movieJson(movie: JobAnimation): JobShape['animations'][number] {
  const { id, codec, width, height, frames, fps, duration, bytes, steps, seed } = movie;
  return {
    ...{ id, codec, width, height, frames, fps, duration, bytes, steps, seed },
    ...{ url: animationUrl(id), posterUrl: posterUrl(id) },
  };
}

/** What happened, as it is sent. */
export type EventShape =
  | { readonly type: Extract<JobEvent, { job: Job }>['type']; readonly job: JobShape }
  | (Extract<JobEvent, { type: 'step' }> & { readonly url: string })
  | Extract<JobEvent, { type: 'progress' | 'deleted' }>;

/** An event as it is sent. */
export function eventJson(event: JobEvent): EventShape {
  if ('job' in event) return { ...event, job: jobJson(event.job) };
  if (event.type !== 'step') return event;
  const { id, image, step } = event;
  return { ...event, url: `${prefix}/jobs/${id}/images/${image}/steps/${step}` };
}

/** A movie of the library as others are told of it. */
export function animationJson({ path, image, ...entry }: LibraryEntry): AnimationShape {
  return {
    ...entry,
    name: basename(path),
    ...{ url: animationUrl(entry.id), posterUrl: posterUrl(entry.id) },
    imageUrl: image === null ? null : `${prefix}/animations/${entry.id}/image`,
  };
}
