import type { Answer, Packet, Question } from 'dns-packet';
import * as dnsPacket from 'dns-packet';
import { dnsName, instanceAddress, instancePort, type NameLookup } from '../discovery/find-service.ts';
import type { DiscoveryInstance, DiscoveryServiceResource, Namespace } from '../model.ts';

const answersMax = 8;
const ttlDefaultSeconds = 60;
const payloadSizeMax = 1232;
const payloadSizePlain = 512;

/**
 * The answer to a query for a name of ours; undefined when the question is somebody else's to answer. `instances` are
 * those of a service that may be answered with, in the order in which they shall appear.
 */
export function answerQuery(
  query: Packet,
  lookUp: (name: string) => NameLookup,
  instances: (service: DiscoveryServiceResource) => readonly DiscoveryInstance[],
): Packet | undefined {
  const [question, ...others] = query.questions ?? [];
  if (!question || others.length > 0) return emptyResponse(query, rcode.formatError);
  if ((query.flags ?? 0) & opcodeMask) return emptyResponse(query, rcode.notImplemented);
  const found = lookUp(question.name);
  switch (found.kind) {
    case 'foreign':
      return undefined;
    case 'missing':
      return negative(query, found.namespace, rcode.nameError);
    case 'namespace':
      return negative(query, found.namespace, rcode.noError);
    case 'instance':
    case 'service': {
      const members = found.kind === 'instance' ? [found.instance] : instances(found.service).slice(0, answersMax);
      const answers = records(question, found.kind, found.service, members, found.namespace);
      // A name that exists without records of the asked type is NOERROR and empty: musl gives up on NXDOMAIN for AAAA.
      if (answers.length === 0) return negative(query, found.namespace, rcode.noError);
      const additionals =
        question.type === 'SRV' ? members.map((member) => memberAddress(member, found.service, found.namespace)) : [];
      return response(query, { answers, additionals });
    }
  }
}

export const rcode = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4 } as const;
const opcodeMask = 0x7800;

export function emptyResponse(query: Packet, code: number): Packet {
  return response(query, { code });
}

/** Bytes that fit what the asker can take: additional records go first, then answers, and then it is told so. */
export function encodeResponse(packet: Packet, query: Packet): Buffer {
  const edns = query.additionals?.find((record) => record.type === 'OPT');
  const sizeMax = edns
    ? Math.min(payloadSizeMax, Math.max(payloadSizePlain, edns.udpPayloadSize ?? 0))
    : payloadSizePlain;
  const opt: Answer[] = edns ? [{ name: '.', type: 'OPT', udpPayloadSize: payloadSizeMax, flags: 0, options: [] }] : [];
  const whole = dnsPacket.encode({ ...packet, additionals: [...(packet.additionals ?? []), ...opt] });
  if (whole.length <= sizeMax) return whole;
  const bare = dnsPacket.encode({ ...packet, additionals: opt });
  if (bare.length <= sizeMax) return bare;
  const flags = (packet.flags ?? 0) | dnsPacket.TRUNCATED_RESPONSE;
  return dnsPacket.encode({ ...packet, flags, answers: [], additionals: opt });
}

function records(
  question: Question,
  kind: 'service' | 'instance',
  service: DiscoveryServiceResource,
  members: readonly DiscoveryInstance[],
  namespace: Namespace,
): Answer[] {
  const has = (type: string) => service.dnsRecords.some((record) => record.Type === type);
  const wants = (type: string) => question.type === type || question.type === 'ANY';
  const answers: Answer[] = [];
  for (const member of members) {
    const address = instanceAddress(member);
    if (wants('A') && address && (has('A') || kind === 'instance')) {
      answers.push({ name: question.name, type: 'A', ttl: ttl(service, 'A'), data: address });
    }
    if (wants('AAAA') && has('AAAA') && member.attributes.AWS_INSTANCE_IPV6) {
      const data = member.attributes.AWS_INSTANCE_IPV6;
      answers.push({ name: question.name, type: 'AAAA', ttl: ttl(service, 'AAAA'), data });
    }
    if (wants('SRV') && has('SRV') && kind === 'service') {
      const target = `${member.id}.${dnsName(service, namespace)}`;
      const data = { priority: 1, weight: 1, port: instancePort(member), target };
      answers.push({ name: question.name, type: 'SRV', ttl: ttl(service, 'SRV'), data });
    }
    if (wants('CNAME') && has('CNAME') && member.attributes.AWS_INSTANCE_CNAME) {
      const data = member.attributes.AWS_INSTANCE_CNAME;
      answers.push({ name: question.name, type: 'CNAME', ttl: ttl(service, 'CNAME'), data });
    }
  }
  return answers;
}

const memberAddress = (member: DiscoveryInstance, service: DiscoveryServiceResource, namespace: Namespace): Answer => ({
  name: `${member.id}.${dnsName(service, namespace)}`,
  type: 'A',
  ttl: ttl(service, 'SRV'),
  data: instanceAddress(member),
});

const ttl = (service: DiscoveryServiceResource, type: string): number =>
  service.dnsRecords.find((record) => record.Type === type)?.TTL ?? ttlDefaultSeconds;

/** Without answers, with the zone's SOA: it says how long the "no" may be remembered. */
function negative(query: Packet, namespace: Namespace, code: number): Packet {
  const soa: Answer = {
    name: namespace.name,
    type: 'SOA',
    ttl: namespace.soaTtlSeconds,
    data: {
      mname: `ns.${namespace.name}`,
      rname: `hostmaster.${namespace.name}`,
      serial: 1,
      refresh: 7200,
      retry: 900,
      expire: 1_209_600,
      // Short, so that a client which asked too early soon asks again.
      minimum: Math.min(5, namespace.soaTtlSeconds),
    },
  };
  return response(query, { code, authorities: [soa] });
}

function response(
  query: Packet,
  parts: { code?: number; answers?: Answer[]; authorities?: Answer[]; additionals?: Answer[] },
): Packet {
  const asked = (query.flags ?? 0) & (opcodeMask | dnsPacket.RECURSION_DESIRED);
  return {
    id: query.id ?? 0,
    type: 'response',
    flags: asked | dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_AVAILABLE | (parts.code ?? rcode.noError),
    questions: (query.questions ?? []).filter((question) => isPlainName(question.name)),
    answers: parts.answers ?? [],
    authorities: parts.authorities ?? [],
    additionals: parts.additionals ?? [],
  };
}

/** Bytes that are no text have become other, longer ones when the name was read: written again they would be no name. */
const isPlainName = (name: string): boolean => /^[!-~]*$/.test(name) && !name.includes('..');
