/** Converts `lastFrameDuration` to `last-frame-duration`, for flags. */
export function kebabCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Converts `lastFrameDuration` to `last_frame_duration`, for the web UIs' fields. */
export function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
