import type { Certificate, Listener as ListenerOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { newHexId } from '../../../platform/ids.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import { loadBalancerDimension, parseElbArn } from '../../arn.ts';
import type { Listener } from '../../model.ts';
import { put, remove } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { checkActions } from './check-actions.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn, toTags } from './context.ts';
import { sslPolicyDefault, sslPolicyNames } from './ssl-policies.ts';

const listenersMax = 50;

export function listenerHandlers({ store }: Elbv2Deps): Elbv2Handlers {
  return {
    CreateListener: (input, context) =>
      store.update(() => {
        const balancer = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        const actions = checkActions(store, context, input.DefaultActions);
        const protocol = checkProtocol(input.Protocol);
        if (!input.Port) throw awsError('ValidationError', 'A listener port must be specified');
        const others = store.list('elbv2/listener', `${balancer.key}/`);
        if (others.some(({ value }) => value.port === input.Port)) {
          throw awsError('DuplicateListener', 'A listener already exists on this port for this load balancer');
        }
        if (others.length >= listenersMax) {
          throw awsError('TooManyListeners', `A load balancer has at most ${listenersMax} listeners`);
        }
        const id = newHexId(8);
        const tail = `${loadBalancerDimension(balancer.value.arn)}/${id}`;
        const listener: Listener = {
          arn: balancer.value.arn.replace(/loadbalancer\/.*$/, `listener/${tail}`),
          loadBalancerArn: balancer.value.arn,
          port: input.Port,
          protocol,
          defaultRuleArn: balancer.value.arn.replace(/loadbalancer\/.*$/, `listener-rule/${tail}/${newHexId(8)}`),
          defaultActions: actions,
          ...tlsSettings(protocol, input.Certificates, input.SslPolicy),
          attributes: {},
          tags: toTags(input.Tags),
        };
        return {
          changes: [
            put('elbv2/listener', `${balancer.key}/${id}`, listener, 'absent'),
            // Written unchanged so that two listeners on one port cannot be made at once.
            put('elbv2/load-balancer', balancer.key, balancer.value, balancer.version),
          ],
          result: { Listeners: [toOutput(listener)] },
        };
      }),

    DescribeListeners: (input, context) => {
      let found: Listener[];
      if (input.ListenerArns?.length) {
        found = input.ListenerArns.map((arn) => findByArn(store, context, 'listener', arn).value);
      } else {
        if (!input.LoadBalancerArn) {
          throw awsError('ValidationError', 'You must specify either listener ARNs or a load balancer ARN');
        }
        const balancer = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        found = store.list('elbv2/listener', `${balancer.key}/`).map(({ value }) => value);
      }
      const { page, next } = paginate(found, input.Marker, input.PageSize ?? 400);
      return { Listeners: page.map(toOutput), NextMarker: next };
    },

    ModifyListener: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'listener', input.ListenerArn);
        const balancer = findByArn(store, context, 'loadbalancer', value.loadBalancerArn);
        const port = input.Port ?? value.port;
        const taken = store
          .list('elbv2/listener', `${balancer.key}/`)
          .some((other) => other.key !== key && other.value.port === port);
        if (taken) throw awsError('DuplicateListener', 'A listener already exists on this port for this load balancer');
        const protocol = input.Protocol ? checkProtocol(input.Protocol) : value.protocol;
        const certificates = input.Certificates ?? [...value.certificates];
        const listener: Listener = {
          ...value,
          port,
          protocol,
          ...tlsSettings(protocol, certificates, input.SslPolicy ?? value.sslPolicy),
          defaultActions: input.DefaultActions
            ? checkActions(store, context, input.DefaultActions)
            : value.defaultActions,
        };
        const changes = [put('elbv2/listener', key, listener, version)];
        if (port !== value.port)
          changes.push(put('elbv2/load-balancer', balancer.key, balancer.value, balancer.version));
        return { changes, result: { Listeners: [toOutput(listener)] } };
      }),

    DeleteListener: (input, context) =>
      store.update(() => {
        const listener = findByArn(store, context, 'listener', input.ListenerArn);
        const rules = store.list('elbv2/rule', `${parseElbArn(listener.value.arn)!.key}/`);
        return {
          changes: [remove('elbv2/listener', listener), ...rules.map((rule) => remove('elbv2/rule', rule))],
          result: {},
        };
      }),

    AddListenerCertificates: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'listener', input.ListenerArn);
        const added = (input.Certificates ?? []).filter(
          ({ CertificateArn }) => !value.certificates.some((held) => held.CertificateArn === CertificateArn),
        );
        const certificates = [...value.certificates, ...added.map(({ CertificateArn }) => ({ CertificateArn }))];
        return {
          changes: [put('elbv2/listener', key, { ...value, certificates }, version)],
          result: { Certificates: added.map(({ CertificateArn }) => ({ CertificateArn, IsDefault: false })) },
        };
      }),

    RemoveListenerCertificates: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'listener', input.ListenerArn);
        const gone = new Set((input.Certificates ?? []).map(({ CertificateArn }) => CertificateArn));
        const [first, ...others] = value.certificates;
        if (first && gone.has(first.CertificateArn)) {
          throw awsError('OperationNotPermitted', 'The default certificate of a listener cannot be removed');
        }
        const certificates = [...(first ? [first] : []), ...others.filter((held) => !gone.has(held.CertificateArn))];
        return { changes: [put('elbv2/listener', key, { ...value, certificates }, version)], result: {} };
      }),

    DescribeListenerCertificates: (input, context) => {
      const { value } = findByArn(store, context, 'listener', input.ListenerArn);
      const all = value.certificates.map(({ CertificateArn }, index) => ({ CertificateArn, IsDefault: index === 0 }));
      const { page, next } = paginate(all, input.Marker, input.PageSize ?? 400);
      return { Certificates: page, NextMarker: next };
    },
  };
}

function checkProtocol(protocol: string | undefined): 'HTTP' | 'HTTPS' {
  if (protocol === 'HTTP' || protocol === 'HTTPS') return protocol;
  if (!protocol) throw awsError('ValidationError', 'A listener protocol must be specified');
  throw awsError('ValidationError', `Listener protocol '${protocol}' must be one of 'HTTPS, HTTP'`);
}

function tlsSettings(
  protocol: 'HTTP' | 'HTTPS',
  certificates: readonly Certificate[] | undefined,
  sslPolicy: string | undefined,
): { certificates: Certificate[]; sslPolicy?: string } {
  if (protocol === 'HTTP') return { certificates: [] };
  if (!certificates?.length) throw awsError('ValidationError', 'A certificate must be specified for HTTPS listeners');
  const policy = sslPolicy ?? sslPolicyDefault;
  if (!sslPolicyNames.includes(policy)) throw awsError('SSLPolicyNotFound', `SSL policy '${policy}' not found`);
  return { certificates: certificates.map(({ CertificateArn }) => ({ CertificateArn })), sslPolicy: policy };
}

function toOutput(listener: Listener): ListenerOutput {
  const { protocol, sslPolicy, certificates } = listener;
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: protocol,
    ...(protocol === 'HTTPS' ? { Certificates: certificates.slice(0, 1), SslPolicy: sslPolicy } : {}),
    DefaultActions: [...listener.defaultActions],
  };
}
