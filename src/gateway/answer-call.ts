import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsError } from '../wire/aws/aws-error.ts';
import type { CallContext, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { encodeError } from '../wire/aws/encode-error.ts';
import { guessProtocol, type RequestHead } from '../wire/aws/identify-operation.ts';
import { inflateBody } from '../wire/aws/inflate-body.ts';
import { type EncodedResponse, encodeOutput, type IdentifiedCall, takesRawJson } from '../wire/aws/protocol.ts';
import { normalizePath, splitTarget } from '../wire/aws/sigv4/canonical-request.ts';
import { presentedCredential } from '../wire/aws/sigv4/presented-credential.ts';
import type { Answering } from './answer-request.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { authorizeCall } from './authorize-call.ts';
import { callHandler, requireTable } from './call-handler.ts';
import { decodeAndValidate } from './decode-and-validate.ts';
import { readBody } from './read-body.ts';
import { ServiceNotReadyError, toAwsError } from './to-aws-error.ts';

/** What the steps have found out so far; the record and the error's envelope are made from it. */
export interface Call {
  readonly requestId: string;
  readonly head: RequestHead;
  identified?: IdentifiedCall;
  caller?: Caller;
  /** Of the body budget, until the call is answered. */
  heldBytes: number;
}

/** One AWS call from bytes to bytes. The steps, in order, are those of `runSteps`. */
export async function answerCall(
  gateway: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  workload: WorkloadIdentity | undefined,
): Promise<void> {
  const at = gateway.clock.now();
  const startedMs = gateway.clock.monotonicMs();
  const call: Call = { requestId: randomUUID(), head: requestHead(request), heldBytes: 0 };
  let answer: EncodedResponse;
  let errorCode: string | undefined;
  try {
    answer = await runSteps(gateway, call, request, response, workload);
  } catch (error) {
    const awsError = toAwsError(error, call, gateway.logger);
    // Undefined: the client went away, nobody waits for an answer.
    if (!awsError) return void response.destroy();
    errorCode = awsError.code;
    answer = encodeCallError(awsError, call);
  } finally {
    gateway.bodyBudget.release(call.heldBytes);
  }
  send(response, answer);
  gateway.onCall?.({
    at,
    durationMs: gateway.clock.monotonicMs() - startedMs,
    requestId: call.requestId,
    service: call.identified?.operation.service.id,
    operation: call.identified?.operation.name,
    account: call.caller?.account,
    region: call.caller?.region,
    principalArn: call.caller?.principal.arn,
    taskArn: workload?.taskArn,
    status: answer.status,
    errorCode,
  });
}

async function runSteps(
  gateway: Answering,
  call: Call,
  request: IncomingMessage,
  response: ServerResponse,
  workload: WorkloadIdentity | undefined,
): Promise<EncodedResponse> {
  const sent = await readBody(request, gateway.config.bodyBytesMax, gateway.bodyBudget);
  call.heldBytes = sent.length;
  if (!(await gateway.readiness.wait())) throw new ServiceNotReadyError();
  const body = await inflateBody(call.head.headers, sent, gateway.config.bodyBytesMax);
  const credential = presentedCredential(request.headersDistinct, call.head.query);
  const scope = credential.kind === 'sigv4' ? credential.service : undefined;

  const identified = gateway.finder.find(call.head, body, scope);
  call.identified = identified;
  const signed = { method: call.head.method, target: request.url ?? '/', headers: request.headersDistinct, body: sent };
  const caller = await authenticate(gateway, signed, credential, identified.operation.service, workload);
  call.caller = caller;
  const table = requireTable(gateway.tables, identified.operation);
  const input = decodeAndValidate(identified, call.head, body);
  const context = callContext(call, caller, response, workload);
  await authorizeCall(gateway, table, identified.operation, input, context, caller, request);
  const output = await callHandler(table, identified.operation, input, { headers: request.headers, body }, context);
  return output.kind === 'raw'
    ? { ...output.response, headers: { ...output.response.headers, 'x-amzn-requestid': call.requestId } }
    : encodeOutput(identified.operation, identified.protocol, output.value, call.requestId);
}

function requestHead(request: IncomingMessage): RequestHead {
  const [path, query] = splitTarget(request.url ?? '/');
  return {
    method: request.method ?? 'GET',
    path: normalizePath(path),
    query: new URLSearchParams(query),
    headers: request.headers,
  };
}

function callContext(
  call: Call,
  caller: Caller,
  response: ServerResponse,
  workload: WorkloadIdentity | undefined,
): CallContext {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort(new Error('the client went away'));
  });
  return {
    requestId: call.requestId,
    account: caller.account,
    region: caller.region,
    principal: caller.principal,
    signal: gone.signal,
    ...(call.identified && takesRawJson(call.identified.protocol) ? { takesRawJson: true } : {}),
    ...(workload ? { workload } : {}),
  };
}

function encodeCallError(error: AwsError, call: Call): EncodedResponse {
  const encoded = encodeError(error, {
    protocol: call.identified?.protocol ?? guessProtocol(call.head),
    operation: call.identified?.operation,
    requestId: call.requestId,
    queryMode: call.head.headers['x-amzn-query-mode'] === 'true',
  });
  const retryAfter = error.extra.retryAfterSeconds;
  if (typeof retryAfter === 'number') encoded.headers['retry-after'] = String(retryAfter);
  return encoded;
}

function send(response: ServerResponse, answer: EncodedResponse): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(answer.body);
}
