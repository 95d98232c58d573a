'use strict';
const http = require('node:http');

/** Listens where the platform says (PORT, HOST), else on 0.0.0.0:80, and stops in peace on SIGTERM. */
function serve(handler, beforeExit = async () => {}) {
  const server = http.createServer(handler);
  const port = Number(process.env.PORT ?? 80);
  server.listen(port, process.env.HOST ?? '0.0.0.0', () => console.log(`listening on port ${port}`));
  process.on('SIGTERM', () => {
    console.log('SIGTERM: finishing what is in flight');
    server.close(async () => {
      await beforeExit();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
}

module.exports = { serve };
