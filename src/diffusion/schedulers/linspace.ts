/** `count` evenly spaced values from `start` to `end`, both met exactly; with one value, `start`. */
export function linspace(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const share = count > 1 ? i / (count - 1) : 0;
    return start * (1 - share) + end * share;
  });
}
