import { z } from 'zod';

/**
 * What is kept of a run beside its intermediate files, as `<run>.json`. Later versions may add fields; a reader passes
 * over those that it does not know.
 */
const runManifestSchema = z.object({
  format: z.literal('steps-animation-run'),
  version: z.int().min(1),
  startedAt: z.iso.datetime(),
  /** null while the run goes on, or when it was cut off */
  endedAt: z.iso.datetime().nullable(),
  /** the animation options of the run */
  options: z.record(z.string(), z.unknown()),
  images: z.array(
    z.object({
      /** which batch of the run and which place in it, both from 0 */
      batch: z.int().min(0),
      position: z.int().min(0),
      seed: z.number(),
      prompt: z.string(),
      infotext: z.string(),
      /** of the finished image in pixels, if known */
      width: z.int().nullable(),
      height: z.int().nullable(),
      /** null while steps arrive, or when the run was cut off */
      reason: z.enum(['finished', 'interrupted', 'skipped']).nullable(),
      /** the finished image, relative to the manifest, with forward slashes */
      finished: z.string().nullable(),
      /** number of the last step, of which the finished image takes the place; null like `reason` */
      lastStep: z.int().min(0).nullable().default(null),
      /** a file is a name in the manifest's folder; `at` is in milliseconds since `startedAt` */
      steps: z.array(
        z.object({ step: z.int().min(1), pass: z.enum(['base', 'hires']), file: z.string(), at: z.number() }),
      ),
    }),
  ),
});

export type RunManifest = z.output<typeof runManifestSchema>;
export type ManifestImage = RunManifest['images'][number];

/** The manifest in a text; undefined if it is another kind of text or damaged. */
export function parseManifest(text: string): RunManifest | undefined {
  try {
    const { success, data } = runManifestSchema.safeParse(JSON.parse(text));
    return success ? data : undefined;
  } catch {
    return undefined;
  }
}
