import { awsError } from '../wire/aws/aws-error.ts';

/**
 * The addresses of a heartbeat: `URL` or `URLS` (separated by commas) in RunConfig.EnvironmentVariables. Scripts are
 * not run by this version, and a canary that would do nothing must not look as if it watched something.
 */
export function readHeartbeatUrls(environment: Readonly<Record<string, string>>): string[] {
  const urls = (environment.URLS ?? environment.URL ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  if (urls.length === 0) {
    throw awsError(
      'ValidationException',
      'This canary has no address. hatoba runs heartbeat canaries: name the address in RunConfig.EnvironmentVariables.URL (several in URLS, separated by commas). Canary scripts are not supported.',
    );
  }
  for (const url of urls) {
    if (!/^https?:$/.test(parseProtocol(url))) {
      throw awsError('ValidationException', `${url} is no http or https address.`);
    }
  }
  return urls;
}

function parseProtocol(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}
