'use strict';
const http = require('node:http');
const xray = require('../tracing-xray.js');

xray.captureHTTPsGlobal(http);

const express = require('express');
const { serve } = require('../serve.js');

const backend1Url = process.env.BACKEND1_URL || 'http://backend1.shop.local';
const backend2Url = process.env.BACKEND2_URL || 'http://backend2.shop.local';
const timeoutMs = 30_000;

/** One connection per call: backends come and go with deployments. */
function getJson(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`${url} answered ${response.statusCode}`));
        resolve(JSON.parse(body));
      });
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer in ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}

const app = express();
app.use(xray.express.openSegment('bff'));

app.get('/health', (_request, response) => response.send('ok\n'));

app.get('/api/', async (request, response, next) => {
  try {
    const first = await getJson(`${backend1Url}/date`);
    const second = await getJson(`${backend2Url}/time`);
    console.log(`${request.method} ${request.url} 200 trace ${xray.getSegment()?.trace_id ?? '-'}`);
    response.json({ ...first, ...second });
  } catch (error) {
    console.error('cannot answer /api/:', error);
    next(error);
  }
});

app.use(xray.express.closeSegment());
app.use((error, _request, response, _next) => response.status(502).json({ message: error.message }));

serve(app);
