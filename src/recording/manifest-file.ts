import { unlink } from 'node:fs/promises';
import { basename, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { replaceWhole, writeWhole } from '../files/whole-files.js';
import type { ManifestImage, RunManifest } from './manifest.js';

/** Milliseconds between two writings while steps arrive; what a kill loses of the list is found by its name. */
const pause = 250;

/** The manifest of a run that is being recorded: whole at any moment, and never in the way of steps. */
export class RunManifestFile {
  readonly #folder: string;
  readonly #stem: string;
  readonly #manifest: { -readonly [Key in keyof RunManifest]: RunManifest[Key] };
  readonly #startedAt: number;
  #path: Promise<string> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isDue = false;

  constructor(folder: string, stem: string, startedAt: Date, options: RunManifest['options'], images: ManifestImage[]) {
    this.#folder = folder;
    this.#stem = stem;
    this.#startedAt = startedAt.getTime();
    const head = { format: 'steps-animation-run', version: 1, startedAt: startedAt.toISOString() } as const;
    this.#manifest = { ...head, endedAt: null, options, images };
  }

  /** Notes an intermediate file that is on disk. */
  addStep(image: number, { step, pass, path }: { step: number; pass: 'base' | 'hires'; path: string }): void {
    const at = Date.now() - this.#startedAt;
    this.#manifest.images[image]?.steps.push({ step, pass, file: basename(path), at });
    void this.#writeSoon();
  }

  /** Notes how an image ended, after which step; `finished` is the path of its file, if there is one. */
  finish(image: number, reason: ManifestImage['reason'], lastStep: number, finished: string | undefined): void {
    const noted = this.#manifest.images[image];
    if (!noted) return;
    noted.reason = reason;
    noted.lastStep = lastStep;
    noted.finished = finished === undefined ? null : relative(this.#folder, finished).split(sep).join('/');
    noted.steps.sort((a, b) => a.step - b.step);
    void this.#writeSoon();
  }

  /**
   * Writes it a last time; if nothing was noted, there is no file.
   * @throws StepsAnimationError `output` when it cannot be written
   */
  async end(): Promise<void> {
    this.#manifest.endedAt = new Date().toISOString();
    const isNoted = this.#isDue || this.#path !== undefined;
    this.#isDue = false;
    await this.#writing;
    if (isNoted) await this.#write();
  }

  /** Removes it; to be called when the files that it lists are gone. */
  async delete(): Promise<void> {
    this.#isDue = false;
    await this.#writing;
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) await unlink(path).catch(() => {});
    this.#path = undefined;
  }

  async #writeSoon(): Promise<void> {
    if (this.#isDue) return;
    this.#isDue = true;
    // At once the first time: a run that is killed right away is told apart too.
    if (this.#path) await setTimeout(pause, undefined, { ref: false });
    await this.#writing;
    if (!this.#isDue) return;
    this.#isDue = false;
    // A failure comes again, and is told, at the end.
    this.#writing = this.#write().catch(() => {});
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(this.#manifest, null, 1)}\n`);
    if (this.#path) {
      const path = await this.#path.catch(() => undefined);
      if (path !== undefined) return await replaceWhole(path, bytes);
    }
    this.#path = writeWhole(this.#folder, this.#stem, 'json', bytes);
    await this.#path;
  }
}
