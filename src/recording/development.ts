import type { RecordedPass, RecordedStep } from './steps.js';

/**
 * How far an image has developed at each noise level, as the share of all its change that lies behind it: 0 for pure
 * noise, 1 for the finished image. Between the levels it is linear in the logarithm of the noise level.
 */
export type DevelopmentCurve = readonly { readonly sigma: number; readonly share: number }[];

/** The mean of runs of the embedded model with several samplers, schedules, prompts and seeds: `npm run bench -- evenness`. */
export const genericCurve: DevelopmentCurve = [
  { sigma: 14.6, share: 0 },
  { sigma: 10, share: 0.27 },
  { sigma: 7, share: 0.46 },
  { sigma: 5, share: 0.61 },
  { sigma: 3.5, share: 0.73 },
  { sigma: 2.5, share: 0.82 },
  { sigma: 1.5, share: 0.91 },
  { sigma: 0.8, share: 0.96 },
  { sigma: 0.4, share: 0.985 },
  { sigma: 0.03, share: 1 },
];

/** Change of a whole run, as the sum of the differences between neighbouring steps, each 0 to 255: as `genericCurve`. */
const genericChange = 130;

/** Share of an image's change that its hires pass makes, where its first noise level is not known. */
const hiresShare = 0.3;

/** A pass in its run: what lies before it and what it is itself, as shares of the whole run's change. */
type PlacedPass = {
  readonly steps: number;
  readonly before: number;
  readonly share: number;
  /** on the curve, where it begins */
  readonly start: number;
};

/** Says how far an image is expected to have developed at each of its steps. */
export class Development {
  /** of whole runs, as the sum of the differences between neighbouring steps, each 0 to 255 */
  readonly typicalChange = genericChange;
  readonly #curve: DevelopmentCurve;
  readonly #passes: ReadonlyMap<number, PlacedPass>;

  /** @param passes that are recorded, by their index in the run */
  constructor(passes: ReadonlyMap<number, RecordedPass>, curve: DevelopmentCurve) {
    this.#curve = curve;
    const shares = [...passes.values()].map((pass) => shareOfPass(pass, curve));
    const total = shares.reduce((sum, share) => sum + share, 0);
    let before = 0;
    const placed = [...passes].map(([index, { steps, firstSigma }], at) => {
      const share = (shares[at] ?? 0) / total;
      const start = firstSigma === undefined ? 0 : developmentAt(curve, firstSigma);
      const pass = { steps, before, share, start };
      before += share;
      return [index, pass] as const;
    });
    this.#passes = new Map(placed);
  }

  /** Share of the whole run's change that is expected until this step: 0 to 1, which only the finished image reaches. */
  at({ pass, step, sigma }: Pick<RecordedStep, 'pass' | 'step' | 'sigma'>): number {
    const planned = this.#passes.get(pass);
    if (!planned) return 0;
    const { before, share, steps, start } = planned;
    const developed =
      sigma === undefined ? shareAtStep(step, steps) : (developmentAt(this.#curve, sigma) - start) / (1 - start);
    return Math.min(before + share * Math.max(developed, 0), maxDevelopment);
  }
}

/** Below 1, so that the rest of the movie is never nothing before the finished image has come. */
const maxDevelopment = 0.999;

/** Where noise levels are not known: of an image's change, the share that lies before a step of its pass. */
function shareAtStep(step: number, steps: number): number {
  const passed = Math.min((step - 1) / Math.max(steps - 1, 1), 1);
  return 1 - (1 - passed) ** 4;
}

/** The share at a noise level; a sigma of 0 is the finished image. */
function developmentAt(curve: DevelopmentCurve, sigma: number): number {
  const next = curve.findIndex((point) => point.sigma <= sigma);
  const [above, below] = [curve[next - 1], curve[next]];
  if (!below) return 1;
  if (!above) return below.share;
  const passed = Math.log(above.sigma / sigma) / Math.log(above.sigma / below.sigma);
  return above.share + passed * (below.share - above.share);
}

/** What a pass is of the whole run: as much as its image changes from its first noise level to the end. */
function shareOfPass({ kind, firstSigma }: RecordedPass, curve: DevelopmentCurve): number {
  if (firstSigma !== undefined) return 1 - developmentAt(curve, firstSigma);
  return kind === 'hires' ? hiresShare : 1;
}
