// How like two pictures are, on luma: the first width × height bytes.

/** Peak signal-to-noise ratio in dB; pictures that are the same count as 60. */
export function psnr(a, b, width, height) {
  let sum = 0;
  for (let i = 0; i < width * height; i++) sum += (a[i] - b[i]) ** 2;
  return Math.min(10 * Math.log10((255 * 255 * width * height) / sum), 60);
}

/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) over all 8×8 windows at every second position.
 */
export function ssim(a, b, width, height) {
  const [c1, c2, size] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2, 8];
  let total = 0;
  let windows = 0;
  for (let top = 0; top + size <= height; top += 2) {
    for (let left = 0; left + size <= width; left += 2) {
      let [sumA, sumB, squares, product] = [0, 0, 0, 0];
      for (let y = top; y < top + size; y++) {
        for (let i = y * width + left; i < y * width + left + size; i++) {
          sumA += a[i];
          sumB += b[i];
          squares += a[i] * a[i] + b[i] * b[i];
          product += a[i] * b[i];
        }
      }
      const [meanA, meanB] = [sumA / 64, sumB / 64];
      const variances = squares / 64 - meanA * meanA - meanB * meanB;
      const covariance = product / 64 - meanA * meanB;
      total +=
        ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA * meanA + meanB * meanB + c1) * (variances + c2));
      windows++;
    }
  }
  return total / windows;
}

/** The mean magnitude of the gradient. */
export function sharpness(a, width, height) {
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let i = y * width; i < y * width + width - 1; i++) sum += Math.hypot(a[i + 1] - a[i], a[i + width] - a[i]);
  }
  return sum / ((width - 1) * (height - 1));
}
