// An ordinary OpenTelemetry application. SERVICE names it, NEXT_URL (if set) is called on each request, and with
// PROPAGATOR=xray it continues X-Ray's header as the X-Ray SDKs do; else W3C headers, the SDK's default. With ZIPKIN_URL
// it sends what it saw as Zipkin spans, else by OTLP.
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { ZipkinExporter } = require('@opentelemetry/exporter-zipkin');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { AWSXRayPropagator } = require('@opentelemetry/propagator-aws-xray');

const sdk = new NodeSDK({
  serviceName: process.env.SERVICE,
  traceExporter: process.env.ZIPKIN_URL ? new ZipkinExporter({ url: process.env.ZIPKIN_URL }) : new OTLPTraceExporter(),
  metricReaders: [],
  instrumentations: [new HttpInstrumentation()],
  ...(process.env.PROPAGATOR === 'xray' && { textMapPropagator: new AWSXRayPropagator() }),
});
sdk.start();
process.on('SIGTERM', () => sdk.shutdown().then(() => process.exit(0)));

const http = require('node:http');
const server = http.createServer((_request, response) => {
  if (!process.env.NEXT_URL) return response.end('end of the chain');
  http
    .get(process.env.NEXT_URL, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => response.end(`next answered ${answer.statusCode}`));
    })
    .on('error', (error) => response.writeHead(502).end(error.message));
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
