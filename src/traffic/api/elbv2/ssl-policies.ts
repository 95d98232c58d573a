import { awsError } from '../../../wire/aws/aws-error.ts';
import type { Elbv2Handlers } from './context.ts';

export const sslPolicyDefault = 'ELBSecurityPolicy-2016-08';

const tls12Ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const policies: Readonly<Record<string, { protocols: readonly string[]; ciphers: readonly string[] }>> = {
  'ELBSecurityPolicy-2016-08': {
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    ciphers: [...tls12Ciphers, 'AES128-GCM-SHA256', 'AES256-GCM-SHA384'],
  },
  'ELBSecurityPolicy-TLS-1-2-2017-01': { protocols: ['TLSv1.2'], ciphers: tls12Ciphers },
  'ELBSecurityPolicy-FS-1-2-Res-2020-10': { protocols: ['TLSv1.2'], ciphers: tls12Ciphers },
  'ELBSecurityPolicy-TLS13-1-2-2021-06': {
    protocols: ['TLSv1.2', 'TLSv1.3'],
    ciphers: [...tls13Ciphers, ...tls12Ciphers],
  },
  'ELBSecurityPolicy-TLS13-1-3-2021-06': { protocols: ['TLSv1.3'], ciphers: tls13Ciphers },
};

export const sslPolicyNames: readonly string[] = Object.keys(policies);

export const sslPolicyHandlers = (): Elbv2Handlers => ({
  DescribeSSLPolicies: (input) => {
    for (const name of input.Names ?? []) {
      if (!policies[name]) throw awsError('SSLPolicyNotFound', `SSL policy '${name}' not found`);
    }
    const names = input.Names?.length ? input.Names : sslPolicyNames;
    return {
      SslPolicies: names.map((name) => ({
        Name: name,
        SslProtocols: [...policies[name]!.protocols],
        Ciphers: policies[name]!.ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
        SupportedLoadBalancerTypes: ['application'],
      })),
    };
  },
});
