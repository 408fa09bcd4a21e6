import { defineConfig } from 'vite';

/** Built to `console/dist` by `npx vite build console`, and served at `/` by the local stack and by CloudFront. */
export default defineConfig({
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Nothing inline: the page is served with `default-src 'self'`, which forbids data URIs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/ws': { target: 'ws://localhost:3000', ws: true } } },
});
