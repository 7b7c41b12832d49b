/** Pixels of all movies that are made live at the same time; further ones are made afterwards. */
const mostPixels = 8 * 1024 * 1024;

/** Keeps count of the movies that are made live, so that a large batch does not take all memory. */
export class LiveMovies {
  readonly #pixels = new Map<number, number>();
  readonly #batches: readonly number[];

  /** @param batches to which batch each image of the run belongs; those of one batch are made side by side */
  constructor(batches: readonly number[]) {
    this.#batches = batches;
  }

  /** Adds a movie if there is room for it; a single one always finds room. */
  add(movie: number, { width, height }: { readonly width: number; readonly height: number }): boolean {
    const used = [...this.#pixels.values()].reduce((sum, pixels) => sum + pixels, 0);
    if (used > 0 && used + width * height > mostPixels) return false;
    this.#pixels.set(movie, width * height);
    return true;
  }

  remove(movie: number): void {
    this.#pixels.delete(movie);
  }

  /** How many movies share the cores with one of this batch. */
  sideBySide(batch: number): number {
    return this.#batches.filter((other) => other === batch).length;
  }
}
