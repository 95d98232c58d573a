'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { serve } = require('../serve.js');

const page = readFileSync(join(__dirname, 'index.html'));

serve((request, response) => {
  console.log(`${request.method} ${request.url}`);
  if (request.url === '/health') return response.end('ok\n');
  if (request.url !== '/' && request.url !== '/index.html') {
    response.writeHead(404, { 'content-type': 'text/plain' });
    return response.end('not found\n');
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(page);
});
