import { unlink } from 'node:fs/promises';

type KeptFile = { readonly step: number; readonly path: string };

/** The intermediate files of one image that are on disk, in the order of their steps. */
export class IntermediateFiles {
  readonly #files: KeptFile[] = [];

  add(step: number, path: string): void {
    this.#files.push({ step, path });
    this.#files.sort((a, b) => a.step - b.step);
  }

  get count(): number {
    return this.#files.length;
  }

  get paths(): string[] {
    return this.#files.map(({ path }) => path);
  }

  pathOf(step: number): string | undefined {
    return this.#files.find((file) => file.step === step)?.path;
  }

  /** Those of the steps before `step`. */
  before(step: number): string[] {
    return this.#files.filter((file) => file.step < step).map(({ path }) => path);
  }

  async delete(): Promise<void> {
    for (const { path } of this.#files.splice(0)) await unlink(path).catch(() => {});
  }
}
