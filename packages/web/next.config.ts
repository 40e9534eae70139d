import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants.js';

/** In development the API runs beside us; in production the server serves the export on its own origin. */
const api = 'http://127.0.0.1:54000';

const development: NextConfig = {
  rewrites: async () => [
    { source: '/api/:path*', destination: `${api}/api/:path*` },
    // One exported page for each kind of address, as the server does it.
    { source: '/c/:id', destination: '/c' },
    { source: '/approve/:id', destination: '/approve' },
    { source: '/settings/:section', destination: '/settings' },
  ],
};

const config = (phase: string): NextConfig => ({
  ...(phase === PHASE_DEVELOPMENT_SERVER ? development : { output: 'export' }),
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // `npm run check` type-checks the whole workspace with its own compiler.
  typescript: { ignoreBuildErrors: true },
  transpilePackages: ['@hearth/client'],
  images: { unoptimized: true },
  // 8 KB in each page, so that the first paint waits for nothing else.
  experimental: { inlineCss: true },
});

export default config;
