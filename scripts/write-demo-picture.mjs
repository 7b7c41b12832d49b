// Makes docs/demo.webp, the moving picture of the README: `node scripts/write-demo-picture.mjs`.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { animate, createEmbeddedHost, generationOptionsSchema } from '../dist/index.js';

const outdir = mkdtempSync(join(tmpdir(), 'steps-animation-'));
const host = createEmbeddedHost();
const request = generationOptionsSchema.parse({ prompt: 'a red apple', steps: 30, seed: 42 });
await animate({ host, request, outdir, animation: { createAnimation: false } });
await host[Symbol.asyncDispose]();

const folder = join(outdir, 'txt2img-images', 'intermediate');
const steps = readdirSync(folder).sort();
const pictures = steps.map((name) => join(folder, name));
// Milliseconds: the finished image stays for a while before it begins again.
const delay = steps.map((_, index) => (index === steps.length - 1 ? 2000 : 120));
await sharp(pictures, { join: { animated: true } })
  .resize(256, 256)
  .webp({ delay, loop: 0, quality: 80 })
  .toFile(join(import.meta.dirname, '..', 'docs', 'demo.webp'));
rmSync(outdir, { recursive: true });
