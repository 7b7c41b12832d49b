import { notifications } from '@mantine/notifications';
import { request } from '../api/client.js';
import { useAbout } from '../api/queries.js';
import type { AboutShape, AnimationDetailsShape, InspectionShape, JobShape } from '../api/types.js';
import { notifyError, notifyUndoable } from '../ui/notifications.js';
import { words } from '../words/words.js';
import { checkValues, validValues, withoutHires } from './form-options.js';
import { getForm, setForm, setOptions, setScriptEnabled, type Tab, type Values } from './form-store.js';
import { labelOf } from './option-checks.js';
import { type StartPicture, setStartPicture } from './start-picture.js';

/** Options that no infotext contains: reading settings from a file keeps those of the form. */
const notInInfotexts = ['model', 'batchCount', 'batchSize', 'preview'];

/** The tab whose form a job was made with. */
export function tabOf({ kind }: JobShape): Tab {
  return kind === 'img2img' ? 'img2img' : 'txt2img';
}

/**
 * Fills a form with the settings of a job, and opens it.
 * @param seed of one of its images; default: the seed of the job
 */
export function fillFromJob(job: JobShape, seed?: number): void {
  const { generation, img2img, animation } = job.options;
  const tab = tabOf(job);
  const isAnimated = animation !== null && (animation.createAnimation !== false || job.animations.length > 0);
  setOptions(tab, {
    generation: { ...(generation as Values), ...(seed === undefined ? {} : { seed }) },
    ...(isAnimated ? { animation: animation as Values } : {}),
    ...(img2img ? { img2img: img2img as Values } : {}),
  });
  setScriptEnabled(tab, isAnimated);
  openForm(tab);
}

/** Fills the txt2img form with the settings of a movie in the library, and opens it. */
export function fillFromMovie(about: AboutShape, { generation }: AnimationDetailsShape): void {
  setOptions('txt2img', { generation: validValues(about, 'generation', generation as Values) });
  openForm('txt2img', unavailable(about, generation as Values));
}

function openForm(tab: Tab, note = ''): void {
  location.hash = tab;
  notifications.show({ message: `${words().notices.formHas(tab)}${note}` });
}

/** Opens img2img with a picture and the options it was made with, except for the seed, as web UIs do. */
export function sendToImg2img(about: AboutShape, picture: StartPicture, generation: Values): void {
  setStartPicture(picture);
  const { seed: _, ...values } = withoutHires(about, validValues(about, 'generation', generation));
  setOptions('img2img', { generation: values });
  location.hash = 'img2img';
}

/** Fills the form of a tab with the settings stored in an image or movie file. @returns whether it has any */
export function useReadSettings(tab: Tab): (file: File) => Promise<boolean> {
  const { data: about } = useAbout();
  return async (file) => {
    if (!about) return false;
    try {
      return fillFromFile(about, tab, file.name, await request('/inspect', { method: 'POST', body: file }));
    } catch (error) {
      notifyError(error);
      return false;
    }
  };
}

/** Infotexts omit options that have their default, so options that are missing are reset. */
function fillFromFile(about: AboutShape, tab: Tab, fileName: string, file: InspectionShape): boolean {
  const all = file.generation as Values;
  const generation = validValues(about, 'generation', tab === 'img2img' ? withoutHires(about, all) : all);
  const img2img = tab === 'img2img' ? validValues(about, 'img2img', file.img2img as Values) : {};
  const labels = [...labelsOf(about, 'generation', generation), ...labelsOf(about, 'img2img', img2img)];
  if (!file.infotext || labels.length === 0) {
    notifications.show({ color: 'yellow', message: words().notices.noSettings(fileName) });
    return false;
  }
  const before = getForm(tab);
  const kept = Object.entries(before.generation).filter(([name]) => notInInfotexts.includes(name));
  setForm(tab, {
    ...before,
    generation: { ...Object.fromEntries(kept), ...generation },
    img2img: { ...before.img2img, ...img2img },
  });
  notifyUndoable({
    title: words().notices.settingsOf(fileName),
    message: `${words().notices.filled(tab, labels.join(', '))}${unavailable(about, all)}`,
    onUndo: () => setForm(tab, before),
  });
  return true;
}

function labelsOf(about: AboutShape, group: 'generation' | 'img2img', values: Values): string[] {
  return checkValues(about, group, values)
    .filter(({ value }) => value !== '')
    .map(({ option }) => labelOf(option));
}

/** A sentence about values that this service does not take, such as a model that it does not have. */
function unavailable(about: AboutShape, generation: Values): string {
  const refused = checkValues(about, 'generation', generation).filter(({ problem }) => problem !== undefined);
  if (refused.length === 0) return '';
  return ` ${words().notices.notHere(refused.map(({ option, value }) => `${labelOf(option)} ${value}`).join(', '))}`;
}
