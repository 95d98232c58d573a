import type { AwsError } from './aws-error.ts';
import { writeCborText } from './codec/cbor-writer.ts';
import { escapeXml } from './codec/xml-writer.ts';
import type { Operation, Shape } from './model.ts';
import { type EncodedResponse, jsonContentType, jsonWriter, type Protocol, restWriter } from './protocol.ts';

/** Where an error happened: before the operation was identified there is only a protocol to answer in. */
export interface ErrorScene {
  readonly protocol: Protocol;
  readonly operation: Operation | undefined;
  readonly requestId: string;
  /** The client sent `x-amzn-query-mode: true`: it wants the code of the service's former query protocol as well. */
  readonly queryMode: boolean;
}

/** The error in the caller's protocol. Code, status and who is at fault come from the service's model where it knows the code. */
export function encodeError(error: AwsError, scene: ErrorScene): EncodedResponse {
  const shape = scene.operation?.service.errors.get(error.code);
  const status = shape?.error?.httpStatusCode ?? error.httpStatus ?? (shape?.fault ? 500 : 400);
  const queryCode = shape?.error?.code ?? error.code;
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  const headers: Record<string, string> = { 'x-amzn-requestid': scene.requestId };
  switch (scene.protocol) {
    case 'query':
    case 'ec2': {
      headers['content-type'] = 'text/xml;charset=UTF-8';
      const xml =
        scene.protocol === 'query' ? queryError(queryCode, fault, error, scene) : ec2Error(queryCode, error, scene);
      return { status, headers, body: Buffer.from(xml) };
    }
    case 'rpc-v2-cbor': {
      headers['content-type'] = 'application/cbor';
      headers['smithy-protocol'] = scene.protocol;
      const name = `${scene.operation?.service.metadata.targetPrefix ?? 'hatoba'}#${shape?.name ?? error.code}`;
      addQueryCode(headers, queryCode, fault, scene);
      return { status, headers, body: writeCborText({ __type: name, message: error.message, Message: error.message }) };
    }
    default: {
      headers['content-type'] = jsonContentType(scene.protocol);
      const name = shape?.name ?? error.code;
      if (scene.protocol === 'rest-json') headers['x-amzn-errortype'] = name;
      addQueryCode(headers, queryCode, fault, scene);
      const body = { __type: name, ...errorMembers(shape, error, scene.protocol) };
      return { status, headers, body: Buffer.from(JSON.stringify(body)) };
    }
  }
}

function addQueryCode(headers: Record<string, string>, code: string, fault: string, scene: ErrorScene): void {
  const compatible = scene.operation?.service.metadata.awsQueryCompatible;
  if (scene.queryMode && compatible) headers['x-amzn-query-error'] = `${code};${fault}`;
}

/** Shapes spell it `message` or `Message`, or lack it; clients show an empty text unless it is there. */
function errorMembers(shape: Shape | undefined, error: AwsError, protocol: Protocol): Record<string, unknown> {
  const writer = protocol === 'rest-json' ? restWriter : jsonWriter;
  const extra = shape ? (writer.write(shape, error.extra) as Record<string, unknown>) : error.extra;
  const messageName = shape?.members.some((member) => member.name === 'Message') ? 'Message' : 'message';
  return { ...extra, [messageName]: error.message };
}

function queryError(code: string, fault: string, error: AwsError, scene: ErrorScene): string {
  const namespace = scene.operation?.service.metadata.xmlNamespace ?? '';
  const content = `<Type>${fault}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return `<ErrorResponse xmlns="${namespace}"><Error>${content}</Error><RequestId>${scene.requestId}</RequestId></ErrorResponse>`;
}

function ec2Error(code: string, error: AwsError, scene: ErrorScene): string {
  const content = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<Response><Errors><Error>${content}</Error></Errors><RequestID>${scene.requestId}</RequestID></Response>`
  );
}
