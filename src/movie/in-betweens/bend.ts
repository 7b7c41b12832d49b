/** How much the pictures change before and after one of them, and whether the changes go the same way. */
export type Turn = {
  /** mean squared differences of samples from the picture before, and to the picture after */
  readonly before: number;
  readonly after: number;
  /** mean product of these differences */
  readonly product: number;
};

/** What four pictures show about the way between the second and the third of them. */
export type Surroundings = {
  /** when the four pictures are reached, in any unit, increasing */
  readonly times: readonly [number, number, number, number];
  /** at the second picture, and at the third */
  readonly turns: readonly [Turn, Turn];
};

/**
 * How far the way may leave the straight line, compared with the cubic through four pictures. Measured by leaving out
 * steps (docs/interpolation.md): steps slow down, which a cubic does not know.
 */
const strength = 1.3;

/**
 * Correlation of neighbouring changes up to which the way is straight, and from which on it is bent in full; by a share
 * between them. Deterministic samplers reach 0.2 to 0.7 after their first steps; those that add noise stay around 0, up to
 * 0.15, as each of their changes is news: there, nothing is nearer to a step left out than the cross-fade of its neighbours.
 */
const minCorrelation = 0.05;
const fullCorrelation = 0.25;

/** Largest ratio of speeds by which a turn is enlarged or reduced. */
const maxSpeedRatio = 3;

/** Mean squared difference, of 8-bit samples, that rounding alone makes. */
const rounding = 0.02;

/** The largest weight, so that it fits the kernel. */
const maxWeight = 2;

/**
 * The weights of the three changes from each of four pictures to the next, whose sum is the bend between the second and
 * the third picture: by how much the frame halfway differs from the cross-fade. All 0 where the changes have too little to
 * do with each other.
 *
 * Through even times, the cubic's is (d₀ − d₂) / 16 of the changes d: half of it because the way turns at the second
 * picture, (d₀ − d₁) / 16, half because it turns at the third, (d₁ − d₂) / 16. Here, each turn counts in relation to the
 * speed around it, as the changes of a picture that develops grow or shrink from step to step.
 */
export function bendWeights({ times, turns }: Surroundings): [number, number, number] {
  const [h0, h1, h2] = [times[1] - times[0], times[2] - times[1], times[3] - times[2]];
  const [first, second] = turns;
  const agreement = (correlation(first) + correlation(second)) / 2;
  const share = between((agreement - minCorrelation) / (fullCorrelation - minCorrelation), 0, 1);
  const scale = (strength * share * h1 ** 2) / 4 / (h0 + h1 + h2);
  const speed = (meanSquare: number, time: number) => Math.sqrt(meanSquare + rounding) / time;
  const ratioTo = (other: number) => between(speed(first.after, h1) / other, 1 / maxSpeedRatio, maxSpeedRatio);
  const atSecond = ((h1 / 2 + h2) / (h0 + h1)) * ratioTo(speed(first.before, h0));
  const atThird = ((h0 + h1 / 2) / (h1 + h2)) * ratioTo(speed(second.after, h2));
  const limited = (weight: number) => between(scale * weight, -maxWeight, maxWeight);
  return [limited(atSecond / h0), limited((atThird - atSecond) / h1), limited(-atThird / h2)];
}

/** From -1 to 1: 1 where the picture goes on to change as before. */
function correlation({ before, after, product }: Turn): number {
  return product / Math.sqrt(before * after + Number.MIN_VALUE);
}

function between(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
