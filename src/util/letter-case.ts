/** `lastFrameDuration` as `last-frame-duration`, as flags are named. */
export function kebabCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `lastFrameDuration` as `last_frame_duration`, as the web UIs name fields. */
export function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
