// Makes docs/demo.webp, the moving picture of the README: `node scripts/write-demo-picture.mjs`.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { animate, createEmbeddedHost, generationOptionsSchema } from '../dist/index.js';

const outdir = mkdtempSync(join(tmpdir(), 'steps-animation-'));
const host = createEmbeddedHost();
const request = generationOptionsSchema.parse({ prompt: 'a red apple', steps: 30, seed: 42 });
const animation = { codec: 'webp', duration: 6, fps: 12, lastFrameDuration: 2 };
const [movie] = await animate({ host, request, outdir, animation });
await host[Symbol.asyncDispose]();
copyFileSync(movie.path, join(import.meta.dirname, '..', 'docs', 'demo.webp'));
rmSync(outdir, { recursive: true });
