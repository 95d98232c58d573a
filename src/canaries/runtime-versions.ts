/** Runtime versions of the service whose heartbeat blueprint runs here, unchanged, as an HTTP check. */
export const runtimeVersions = [
  { name: 'syn-nodejs-puppeteer-9.1', description: 'Heartbeat by HTTP', released: '2024-12-18' },
  { name: 'syn-nodejs-puppeteer-10.0', description: 'Heartbeat by HTTP', released: '2025-03-20' },
  { name: 'syn-nodejs-playwright-2.0', description: 'Heartbeat by HTTP', released: '2025-03-20' },
] as const;
