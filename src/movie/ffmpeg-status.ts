import { FFmpegError } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';

/** Throws what FFmpeg says when it could not do something; `action` completes "Could not …". */
export function check(status: number, code: 'encoder' | 'output', action: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError(code, `Could not ${action}: ${reason}.`);
}
