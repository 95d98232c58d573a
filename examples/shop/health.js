'use strict';
// Container health check: exit code 0 when /health answers 200.
const port = process.env.PORT ?? 80;
const host = process.env.HOST ?? '127.0.0.1';
fetch(`http://${host}:${port}/health`, { signal: AbortSignal.timeout(4_000) }).then(
  (response) => process.exit(response.ok ? 0 : 1),
  () => process.exit(1),
);
