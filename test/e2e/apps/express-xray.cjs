// An ordinary Express application with the X-Ray SDK: nothing in it knows of hatoba. NEXT_URL is called on each request.
const xray = require('aws-xray-sdk');
xray.captureHTTPsGlobal(require('node:http'));
const http = require('node:http');
const express = require('express');

const app = express();
app.use(xray.express.openSegment('express-app'));
app.get('/', (_request, response, next) => {
  http
    .get(process.env.NEXT_URL, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => response.json({ next: answer.statusCode }));
    })
    .on('error', next);
});
app.use(xray.express.closeSegment());
const server = app.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
