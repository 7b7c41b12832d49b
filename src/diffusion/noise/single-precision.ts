/**
 * Logarithm, sine and cosine in single precision, rounded after every operation as a vector unit does: the polynomials
 * of the Cephes library (S. L. Moshier, "Methods and Programs for Mathematical Functions", 1989), with the order of
 * operations and the fused multiply-adds of PyTorch's builds for CPUs with AVX2 and FMA. All arguments and results are
 * exact in single precision.
 */

const { fround } = Math;

/** log(1 + x) = x - x²/2 + x³ · P(x): the coefficients of P, highest power first. */
const LOG = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
/** ln 2 in two parts; the first has so few bits that integer multiples of it are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = fround(-2.1219444e-4);
const SQRT_HALF = fround(Math.SQRT1_2);

const [SIN_0, SIN_1, SIN_2] = [fround(-1.9515295891e-4), fround(8.3321608736e-3), fround(-1.6666654611e-1)];
const [COS_0, COS_1, COS_2] = [
  fround(2.443315711809948e-5),
  fround(-1.388731625493765e-3),
  fround(4.166664568298827e-2),
];
const FOUR_OVER_PI = fround(4 / Math.PI);
/** π/4 in three parts, of which the first two have few bits. */
const [QUARTER_PI_0, QUARTER_PI_1, QUARTER_PI_2] = [
  0.78515625,
  fround(2.4187564849853516e-4),
  fround(3.774894977445941e-8),
];

/** The natural logarithm of a multiple of 2^-24 that is above 0 and at most 1. */
export function log(value: number): number {
  // value = mantissa · 2^exponent with a mantissa from √½ to √2
  const bits = 32 - Math.clz32(value * 2 ** 24);
  let exponent = bits - 24;
  let mantissa = (value * 2 ** 24) / (1 << bits);
  if (mantissa < SQRT_HALF) {
    mantissa *= 2;
    exponent -= 1;
  }
  const x = mantissa - 1;
  const square = fround(x * x);
  let y = LOG[0] ?? 0;
  for (let i = 1; i < LOG.length; i++) y = multiplyAdd(y, x, LOG[i] ?? 0);
  y = multiplyAdd(fround(y * x), square, fround(exponent * LN2_LOW));
  return multiplyAdd(exponent, LN2_HIGH, fround(x + fround(y - 0.5 * square)));
}

/** Sine and cosine of an angle from 0 to 2π that is 2π times a multiple of 2^-24, rounded to single precision. */
export function sinCos(angle: number): readonly [sin: number, cos: number] {
  const octant = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = multiplyAdd(octant, -QUARTER_PI_0, angle);
  x = multiplyAdd(octant, -QUARTER_PI_1, x);
  x = multiplyAdd(octant, -QUARTER_PI_2, x);
  const square = fround(x * x);
  let sin = multiplyAdd(multiplyAdd(SIN_0, square, SIN_1), square, SIN_2);
  sin = multiplyAdd(x, fround(square * sin), x);
  let cos = multiplyAdd(multiplyAdd(COS_0, square, COS_1), square, COS_2);
  cos = fround(multiplyAdd(square, fround(square * cos), -0.5 * square) + 1);
  // Every quarter turn swaps the two and changes signs.
  switch (octant & 6) {
    case 2:
      return [cos, -sin];
    case 4:
      return [-sin, -cos];
    case 6:
      return [-cos, sin];
    default:
      return [sin, cos];
  }
}

/**
 * a · b + c as a fused multiply-add computes it. The product is exact in double precision, but the sum is rounded once
 * more than in hardware; checked for all 2^24 uniforms of 24 bits: no result changes.
 */
function multiplyAdd(a: number, b: number, c: number): number {
  return fround(a * b + c);
}
