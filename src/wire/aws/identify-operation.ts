import { awsError } from './aws-error.ts';
import type { Headers } from './http-bindings.ts';
import type { ServiceMetadata } from './model.ts';
import type { ModelPack } from './model-pack.ts';
import type { IdentifiedCall, Protocol } from './protocol.ts';
import { UriRouter } from './uri-router.ts';

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

// A GET is sent by any <img> of any page without an Origin: by that way only operations that read may be called.
const READ_ONLY = /^(Get|List|Describe)/;

/** Finds service and operation of a request on the one endpoint; the order of the rules matters. */
export class OperationFinder {
  private readonly pack: ModelPack;
  private readonly byTarget = new Map<string, string>();
  private readonly byVersion = new Map<string, string>();
  private readonly restServices: string[] = [];
  private readonly routers = new Map<string, UriRouter>();

  constructor(pack: ModelPack) {
    this.pack = pack;
    for (const [id, metadata] of pack.services) {
      if (metadata.targetPrefix) this.byTarget.set(metadata.targetPrefix, id);
      if (speaksQuery(metadata)) this.byVersion.set(metadata.apiVersion, id);
      if (metadata.protocols.includes('rest-json')) this.restServices.push(id);
    }
  }

  /** `scopeService` is the signing name in the request's credential scope. Throws the error that the caller is to see. */
  find(head: RequestHead, body: Buffer, scopeService: string | undefined): IdentifiedCall {
    if (head.headers['smithy-protocol'] === 'rpc-v2-cbor') return this.findByRpcPath(head);
    const target = head.headers['x-amz-target'];
    if (typeof target === 'string') return this.findByTarget(target, head);
    const form = formOf(head, body);
    const action = form?.get('Action');
    if (form && action) return this.findByAction(form, action, head, scopeService);
    return this.findByPath(head, scopeService);
  }

  private findByRpcPath(head: RequestHead): IdentifiedCall {
    const match = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(head.path);
    const service = this.byTarget.get(match?.[1] ?? '');
    if (match && service === undefined) throw notServed(match[1]!);
    const operation = service === undefined ? undefined : this.pack.load(service).operations.get(match?.[2] ?? '');
    if (!operation?.service.metadata.protocols.includes('smithy-rpc-v2-cbor') || head.method !== 'POST')
      throw unknownOperation(`${head.method} ${head.path}`, 404);
    return { operation, protocol: 'rpc-v2-cbor' };
  }

  private findByTarget(target: string, head: RequestHead): IdentifiedCall {
    const dot = target.lastIndexOf('.');
    const service = this.byTarget.get(target.slice(0, dot));
    if (!service) throw notServed(target.slice(0, Math.max(dot, 0)) || target);
    if (head.method !== 'POST') throw unknownOperation(`${head.method} with X-Amz-Target ${target}`, 405);
    const operation = this.pack.load(service).operations.get(target.slice(dot + 1));
    if (!operation) throw unknownOperation(target, 400);
    return { operation, protocol: guessProtocol(head) };
  }

  private findByAction(
    form: URLSearchParams,
    action: string,
    head: RequestHead,
    scopeService: string | undefined,
  ): IdentifiedCall {
    const service = this.serviceOfForm(form, scopeService);
    if (!service) throw notServed(scopeService ?? `of API version ${form.get('Version') ?? '(none)'}`);
    const model = this.pack.load(service);
    const operation = model.operations.get(action);
    if (!operation) throw awsError('InvalidAction', `The action ${action} is not valid for this web service.`, 400);
    if (head.method !== 'POST' && !READ_ONLY.test(action)) {
      throw awsError('InvalidAction', `The action ${action} must be sent by POST.`, 405);
    }
    return { operation, protocol: service === 'ec2' ? 'ec2' : 'query', form };
  }

  /** The API version is unique in the pack; a form without one is taken by its credential scope. */
  private serviceOfForm(form: URLSearchParams, scopeService: string | undefined): string | undefined {
    const version = form.get('Version');
    if (version) return this.byVersion.get(version);
    const scoped = scopeService === undefined ? undefined : this.pack.serviceOfSigningName(scopeService);
    return scoped && speaksQuery(this.pack.services.get(scoped)!) ? scoped : undefined;
  }

  private findByPath(head: RequestHead, scopeService: string | undefined): IdentifiedCall {
    const scoped = scopeService === undefined ? undefined : this.pack.serviceOfSigningName(scopeService);
    if (scopeService !== undefined && !scoped) throw notServed(scopeService);
    // Without a signature (the X-Ray daemon's local proxy sends none) the path alone must tell.
    for (const service of scoped ? [scoped] : this.restServices) {
      if (!this.restServices.includes(service)) continue;
      const match = this.router(service).match(head.method, head.path);
      if (match) return { operation: match.operation, protocol: 'rest-json', labels: match.labels };
    }
    throw unknownOperation(`${head.method} ${head.path}`, 404);
  }

  private router(service: string): UriRouter {
    let router = this.routers.get(service);
    if (!router) {
      router = new UriRouter(this.pack.load(service));
      this.routers.set(service, router);
    }
    return router;
  }
}

/** The protocol to answer in, from the head alone: also for requests whose operation is never found. */
export function guessProtocol(head: Pick<RequestHead, 'headers' | 'query'>): Protocol {
  const contentType = String(head.headers['content-type'] ?? '');
  if (head.headers['smithy-protocol'] === 'rpc-v2-cbor') return 'rpc-v2-cbor';
  if (head.headers['x-amz-target'] !== undefined) {
    return contentType.startsWith('application/x-amz-json-1.0') ? 'json-1.0' : 'json-1.1';
  }
  if (contentType.startsWith('application/x-www-form-urlencoded') || head.query.has('Action')) return 'query';
  return 'rest-json';
}

function speaksQuery(metadata: ServiceMetadata): boolean {
  return metadata.protocols.includes('query') || metadata.protocols.includes('ec2');
}

function formOf(head: RequestHead, body: Buffer): URLSearchParams | undefined {
  const contentType = String(head.headers['content-type'] ?? '');
  if (head.method === 'POST' && contentType.startsWith('application/x-www-form-urlencoded')) {
    return new URLSearchParams(body.toString('utf8'));
  }
  return head.query.has('Action') ? head.query : undefined;
}

const notServed = (service: string) =>
  awsError('NotImplemented', `hatoba does not provide the service ${service}.`, 501);

const unknownOperation = (what: string, status: number) =>
  awsError('UnknownOperationException', `There is no operation ${what}.`, status);
