import { basename, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { movieStem } from '../files/file-names.js';
import { removeFile } from '../files/held-files.js';
import { replaceWhole, writeWhole } from '../files/whole-files.js';
import type { RecordedImage } from './plan.js';

/**
 * The record of a run, which lies beside its intermediate files as `<run>.json`. Readers ignore unknown fields, which
 * later versions may add.
 */
const runManifestSchema = z.object({
  format: z.literal('steps-animation-run'),
  version: z.int().min(1),
  startedAt: z.iso.datetime(),
  /** null while the run goes on, and if it was killed */
  endedAt: z.iso.datetime().nullable(),
  /** the animation options of the run */
  options: z.record(z.string(), z.unknown()),
  images: z.array(
    z.object({
      /** number of the batch in the run, and of the image in the batch, from 0 */
      batch: z.int().min(0),
      position: z.int().min(0),
      seed: z.number(),
      prompt: z.string(),
      infotext: z.string(),
      /** of the finished image in pixels, if known */
      width: z.int().nullable(),
      height: z.int().nullable(),
      /** null while steps arrive, and if the run was killed */
      reason: z.enum(['finished', 'interrupted', 'skipped']).nullable(),
      /** the finished image, relative to the manifest, with forward slashes */
      finished: z.string().nullable(),
      /** name of the file of the noise in the manifest's folder; null without one */
      noise: z.string().nullable().default(null),
      /** number of the last step, which the finished image replaces; null like `reason` */
      lastStep: z.int().min(0).nullable().default(null),
      /** `file` is a name in the manifest's folder, `at` in milliseconds since `startedAt` */
      steps: z.array(
        z.object({ step: z.int().min(1), pass: z.enum(['base', 'hires']), file: z.string(), at: z.number() }),
      ),
    }),
  ),
});

type Manifest = z.output<typeof runManifestSchema>;
export type ManifestImage = Manifest['images'][number];

/** Parses a manifest. @returns undefined if the text is another one or damaged */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return runManifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Time between two writes while steps arrive. Files that a killed run did not list are found by their names. */
const writeIntervalMs = 250;

/** Writes the manifest of a run: whole at any moment, and without delaying its steps. */
export class ManifestFile {
  readonly #folder: string;
  readonly #stem: string;
  readonly #manifest: Manifest;
  readonly #startedAt: number;
  #path: Promise<string> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isDue = false;

  /** @param options the animation options of the run */
  constructor(folder: string, startedAt: Date, options: Manifest['options'], images: readonly RecordedImage[]) {
    this.#folder = folder;
    // A time that file names can contain: 2026-11-23T04-43-21.
    const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
    this.#stem = `${time}-${movieStem(images[0] ?? { seed: 0, prompt: '' })}`;
    this.#startedAt = startedAt.getTime();
    this.#manifest = {
      ...{ format: 'steps-animation-run', version: 1, startedAt: startedAt.toISOString(), endedAt: null, options },
      images: images.map(({ batch, position, seed, prompt, infotext, width = null, height = null }) => ({
        ...{ batch, position, seed, prompt, infotext, width, height },
        ...{ reason: null, finished: null, noise: null, lastStep: null, steps: [] },
      })),
    };
  }

  /** Adds the file of the noise that an image starts from. */
  addNoise(image: number, path: string): void {
    const started = this.#manifest.images[image];
    if (started) started.noise = basename(path);
    void this.#writeSoon();
  }

  /** Adds an intermediate file that has been written. */
  addStep(image: number, { step, pass, path }: { step: number; pass: 'base' | 'hires'; path: string }): void {
    const at = Date.now() - this.#startedAt;
    this.#manifest.images[image]?.steps.push({ step, pass, file: basename(path), at });
    void this.#writeSoon();
  }

  /**
   * Adds how an image ended.
   * @param finished path of its file, if there is one
   */
  finish(image: number, reason: ManifestImage['reason'], lastStep: number, finished: string | undefined): void {
    const ended = this.#manifest.images[image];
    if (!ended) return;
    ended.reason = reason;
    ended.lastStep = lastStep;
    ended.finished = finished === undefined ? null : relative(this.#folder, finished).split(sep).join('/');
    ended.steps.sort((a, b) => a.step - b.step);
    void this.#writeSoon();
  }

  /**
   * Writes the file a last time, unless there is nothing to write.
   * @throws StepsAnimationError `output` when it cannot be written
   */
  async end(): Promise<void> {
    this.#manifest.endedAt = new Date().toISOString();
    const hasContent = this.#isDue || this.#path !== undefined;
    this.#isDue = false;
    await this.#writing;
    if (hasContent) await this.#write();
  }

  /** Deletes the file, after the files that it lists. */
  async delete(): Promise<void> {
    this.#isDue = false;
    await this.#writing;
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) await removeFile(path);
    this.#path = undefined;
  }

  async #writeSoon(): Promise<void> {
    if (this.#isDue) return;
    this.#isDue = true;
    // The first time without delay, so that a run that is killed early has a manifest too.
    if (this.#path) await setTimeout(writeIntervalMs, undefined, { ref: false });
    await this.#writing;
    if (!this.#isDue) return;
    this.#isDue = false;
    // A failure recurs at the end, which throws it.
    this.#writing = this.#write().catch(() => {});
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(this.#manifest, null, 1)}\n`);
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) return await replaceWhole(path, bytes);
    this.#path = writeWhole(this.#folder, this.#stem, 'json', bytes);
    await this.#path;
  }
}
