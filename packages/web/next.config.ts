import type { NextConfig } from 'next';

/** In development the API runs beside us; in production the server serves the export on its own origin. */
const api = process.env.HEARTH_DEV_API ?? 'http://127.0.0.1:54000';
const isDev = process.env.NODE_ENV === 'development';

const config: NextConfig = {
  ...(isDev
    ? { rewrites: async () => [{ source: '/api/:path*', destination: `${api}/api/:path*` }] }
    : { output: 'export' as const }),
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // `npm run check` type-checks the whole workspace with its own compiler.
  typescript: { ignoreBuildErrors: true },
  transpilePackages: ['@hearth/client'],
  images: { unoptimized: true },
};

export default config;
