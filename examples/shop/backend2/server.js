'use strict';
const { stopTracing } = require('./tracing-otel.js');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { trace } = require('@opentelemetry/api');
const { recordLastAccess } = require('../last-access.js');
const { serve } = require('../serve.js');

const dynamodb = new DynamoDBClient({ maxAttempts: 1 });

serve(async (request, response) => {
  if (request.url === '/health') return response.end('ok\n');
  if (request.url !== '/time') {
    response.writeHead(404, { 'content-type': 'text/plain' });
    return response.end('not found\n');
  }
  await recordLastAccess(dynamodb, 'backend2');
  console.log(`GET /time 200 trace ${trace.getActiveSpan()?.spanContext().traceId ?? '-'}`);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ time: new Date().toISOString().slice(11, 19) }));
}, stopTracing);
