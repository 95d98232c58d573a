'use strict';
const xray = require('../tracing-xray.js');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const express = require('express');
const { recordLastAccess } = require('../last-access.js');
const { serve } = require('../serve.js');

const dynamodb = xray.captureAWSv3Client(new DynamoDBClient({ maxAttempts: 1 }));

const app = express();
app.use(xray.express.openSegment('backend1'));

app.get('/health', (_request, response) => response.send('ok\n'));

app.get('/date', async (_request, response) => {
  await recordLastAccess(dynamodb, 'backend1');
  console.log(`GET /date 200 trace ${xray.getSegment()?.trace_id ?? '-'}`);
  response.json({ date: new Date().toISOString().slice(0, 10) });
});

app.use(xray.express.closeSegment());

serve(app);
