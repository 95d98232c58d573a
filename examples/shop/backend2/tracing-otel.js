'use strict';
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { AWSXRayIdGenerator } = require('@opentelemetry/id-generator-aws-xray');
const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { AWSXRayPropagator } = require('@opentelemetry/propagator-aws-xray');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const sdk = new NodeSDK({
  serviceName: 'backend2',
  traceExporter: new OTLPTraceExporter(),
  metricReaders: [],
  // Set in code: with OTEL_PROPAGATORS alone the caller's X-Ray context is not continued.
  textMapPropagator: new AWSXRayPropagator(),
  idGenerator: new AWSXRayIdGenerator(),
  instrumentations: [
    new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => request.url === '/health' }),
    new AwsInstrumentation(),
  ],
});
sdk.start();

module.exports = { stopTracing: () => sdk.shutdown() };
