import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The service that `npm run dev:web` passes requests on to. */
const service = process.env.SERVICE ?? 'http://127.0.0.1:7870';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  server: { proxy: { '/api': { target: service, changeOrigin: true } } },
});
