import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './scripts/compressed.mjs';

/** `npm run dev` serves the pages and hands every other request to a running hatoba. */
const target = process.env.HATOBA_URL ?? 'http://127.0.0.1:4566';

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react(), compressed()],
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 1300, target: 'es2022' },
  server: {
    host: '127.0.0.1',
    proxy: { '^/(?!console/)': { target, changeOrigin: true, headers: { origin: target } } },
  },
});
