/**
 * Counts the steps of one image by the share of the work that InvokeAI tells with each picture. The first picture is of
 * the noise, with the share 0. A sampler of the second order tells each share twice, from 0 for the noise and the first
 * step to 1 for the last two halves: the second of two is a step.
 */
export class StepCount {
  readonly #planned: number;
  readonly #toldBefore: number;
  #share = 0;
  /** how many pictures had that share */
  #told = 0;
  #step = 0;
  #isGap = false;

  constructor(planned: number, isSecondOrder: boolean) {
    this.#planned = planned;
    this.#toldBefore = isSecondOrder ? 1 : 0;
  }

  /** Pictures may have been missed: the next step is not that after the last. */
  miss(): void {
    this.#isGap = true;
  }

  /** The step that a picture is of, from 1; undefined where it is of none, or of one that was told already. */
  count(share: number): number | undefined {
    if (share < this.#share) return undefined;
    this.#told = share > this.#share ? 1 : this.#told + 1;
    this.#share = share;
    const isNoise = share === 0 && this.#toldBefore === 0;
    if (isNoise || this.#told !== this.#toldBefore + 1) return undefined;
    const byShare = Math.round(share * (this.#planned - this.#toldBefore)) + this.#toldBefore;
    this.#step = Math.max(this.#step + 1, this.#isGap ? byShare : 0);
    this.#isGap = false;
    return this.#step;
  }
}
