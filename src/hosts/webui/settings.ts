import { z } from 'zod';
import { optionsAnswer } from './answers.js';
import type { WebuiConnection } from './connection.js';

export type Settings = Readonly<Record<string, unknown>>;

/** Milliseconds for each question. */
const patience = 10_000;

/**
 * Gives a web UI its settings back. It does so itself after each image, but only for those that its config file names:
 * where nobody has saved settings yet, what was meant for one image would stay.
 * @param before as they were
 * @param overridden what was asked for instead
 */
export async function restoreSettings(connection: WebuiConnection, before: Settings, overridden: Settings) {
  const path = '/sdapi/v1/options';
  const now: Settings = await connection.get(path, optionsAnswer, { milliseconds: patience });
  const changed = Object.keys(overridden).filter((name) => name in before && now[name] !== before[name]);
  // What is neither as before nor as it was asked for, somebody has changed meanwhile.
  const ours = changed.filter((name) => name === 'sd_model_checkpoint' || now[name] === overridden[name]);
  if (ours.length === 0) return;
  const restored = Object.fromEntries(ours.map((name) => [name, before[name]]));
  await connection.post(path, restored, z.unknown(), { milliseconds: patience });
}
