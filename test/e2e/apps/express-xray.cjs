// An ordinary Express application with the X-Ray SDK and its ECS plugin: nothing in it knows of hatoba. NEXT_URL, if set,
// is called on each request; without it the application answers alone.
const xray = require('aws-xray-sdk');
xray.config([xray.plugins.ECSPlugin]);
xray.captureHTTPsGlobal(require('node:http'));
const http = require('node:http');
const express = require('express');

const app = express();
app.use(xray.express.openSegment('express-app'));
app.get('/', (_request, response, next) => {
  console.log(`a request of trace ${xray.getSegment().trace_id}`);
  if (!process.env.NEXT_URL) return response.json({ next: null });
  http
    .get(process.env.NEXT_URL, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => response.json({ next: answer.statusCode }));
    })
    .on('error', next);
});
app.use(xray.express.closeSegment());
const server = app.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
