import { z } from 'zod';
import { generationOptionsSchema } from '../../options/generation-options.js';
import { rowsOf } from '../../options/option.js';
import type { Program } from '../remote/http-client.js';

const complaintSchema = z.object({ loc: z.array(z.union([z.string(), z.number()])).default([]), msg: z.string() });
const refusalSchema = z.object({
  detail: z
    .union([z.string(), z.array(complaintSchema), z.null()])
    .optional()
    .catch(undefined),
  errors: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
});

const rows = rowsOf(generationOptionsSchema);
const optionNames = Object.keys(rows) as (keyof typeof rows)[];

export const webui: Program = {
  name: 'the web UI',
  kind: 'a web UI',
  ports: [7860, 7861],
  // All that its API has a name for, and previews.
  options: { taken: [...optionNames.filter((name) => rows[name].webui), 'preview'], refused: { guidanceRescale: '' } },
  loginHint: 'give the login of its --api-auth with --host-auth user:password',
  apiHint: "start AUTOMATIC1111's web UI or Forge with --api, or check the address",
  /** The error itself, or FastAPI's complaints about fields. */
  reasonOf: (answer) => {
    const { data } = refusalSchema.safeParse(answer);
    if (!data) return undefined;
    const { detail, errors, error } = data;
    if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ');
    return detail || [error, errors].filter(Boolean).join(': ') || undefined;
  },
};
