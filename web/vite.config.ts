import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The service that `npm run dev:web` passes requests on to. */
const service = process.env.SERVICE ?? 'http://127.0.0.1:7870';
const built = join(import.meta.dirname, '../dist/web');

/** Puts compressed copies beside the built files, which the service sends to browsers that take them. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  closeBundle() {
    for (const file of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:html|js|css|svg)$/.test(file)) continue;
      const bytes = readFileSync(join(built, file));
      writeFileSync(join(built, `${file}.br`), brotliCompressSync(bytes));
      writeFileSync(join(built, `${file}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  server: { proxy: { '/api': { target: service, changeOrigin: true } } },
});
