import { type AwsError, awsError } from '../wire/aws/aws-error.ts';
import type { ServiceModel } from '../wire/aws/model.ts';

/** Why a caller is refused, by the query protocol's names. */
export type SecurityCode =
  | 'AccessDenied'
  | 'ExpiredToken'
  | 'IncompleteSignature'
  | 'InvalidClientTokenId'
  | 'MissingAuthenticationToken'
  | 'SignatureDoesNotMatch';

const JSON_CODES: Readonly<Record<SecurityCode, string>> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
};
const EC2_CODES: Readonly<Partial<Record<SecurityCode, string>>> = {
  AccessDenied: 'UnauthorizedOperation',
  ExpiredToken: 'RequestExpired',
  InvalidClientTokenId: 'AuthFailure',
  SignatureDoesNotMatch: 'AuthFailure',
};

/** The same refusal under the name that the service's own clients know. */
export function securityError(service: ServiceModel, code: SecurityCode, message: string): AwsError {
  return awsError(serviceCode(service, code), message, statusOf(service, code));
}

function serviceCode(service: ServiceModel, code: SecurityCode): string {
  const { protocols } = service.metadata;
  if (protocols.includes('ec2')) return EC2_CODES[code] ?? code;
  // CloudWatch has kept its query protocol's codes in its JSON one.
  return protocols.includes('query') ? code : JSON_CODES[code];
}

/** Services on JSON 1.x answer 400 when a policy denies; all others 403. */
function statusOf(service: ServiceModel, code: SecurityCode): number {
  if (code === 'IncompleteSignature') return 400;
  const json = service.metadata.protocols.every((protocol) => protocol === 'json');
  return code === 'AccessDenied' && json ? 400 : 403;
}
