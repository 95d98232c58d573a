import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { forwardedGroups } from '../../proxy/routing-table.ts';
import type { TrafficStore } from '../../store.ts';
import { findByArn } from './context.ts';

const invalid = (message: string) => awsError('InvalidLoadBalancerAction', message);

/** Actions as they are kept: exactly one, with both forms of a forward to a single group. Throws AWS's own errors. */
export function checkActions(
  store: TrafficStore,
  scope: AccountRegion,
  actions: readonly Action[] | undefined,
): Action[] {
  if (!actions?.length) throw awsError('ValidationError', 'At least one action must be specified');
  const unsupported = actions.find(
    ({ Type }) => Type !== 'forward' && Type !== 'redirect' && Type !== 'fixed-response',
  );
  if (unsupported)
    throw awsError('InvalidConfigurationRequest', `Actions of type '${unsupported.Type}' are not supported here.`);
  if (actions.length > 1) {
    throw awsError('TooManyActions', 'Exactly one forward, redirect or fixed-response action must be specified');
  }
  return [checkAction(store, scope, actions[0]!)];
}

function checkAction(store: TrafficStore, scope: AccountRegion, action: Action): Action {
  if (action.Type === 'redirect') return checkRedirect(action);
  if (action.Type === 'fixed-response') return checkFixedResponse(action);
  const arns = forwardedGroups([action]);
  if (arns.length === 0) throw awsError('ValidationError', 'A target group ARN must be specified');
  if (arns.length > 5) throw awsError('TooManyTargetGroups', 'A forward action has at most five target groups');
  if (new Set(arns).size < arns.length) throw invalid('The target groups of a forward action must be unique');
  const only = arns.length === 1 ? arns[0]! : undefined;
  if (action.TargetGroupArn && action.TargetGroupArn !== only) {
    throw invalid('Specify only one of TargetGroupArn and ForwardConfig, or the same target group in both');
  }
  for (const arn of arns) findByArn(store, scope, 'targetgroup', arn);
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig;
  if (
    stickiness?.Enabled &&
    !(Number(stickiness.DurationSeconds) >= 1 && Number(stickiness.DurationSeconds) <= 604_800)
  ) {
    throw invalid('The stickiness duration must be 1-604800 seconds');
  }
  const groups = action.ForwardConfig?.TargetGroups?.length
    ? action.ForwardConfig.TargetGroups
    : [{ TargetGroupArn: only!, Weight: 1 }];
  for (const { Weight } of groups) {
    if (Weight !== undefined && !(Weight >= 0 && Weight <= 999)) throw invalid('Weights must be 0-999');
  }
  return {
    Type: 'forward',
    ...(only ? { TargetGroupArn: only } : {}),
    ...(action.Order ? { Order: action.Order } : {}),
    ForwardConfig: {
      TargetGroups: groups.map(({ TargetGroupArn, Weight }) => ({ TargetGroupArn, Weight: Weight ?? 1 })),
      TargetGroupStickinessConfig: stickiness ?? { Enabled: false },
    },
  };
}

function checkRedirect(action: Action): Action {
  const config = action.RedirectConfig;
  if (!config?.StatusCode) throw awsError('ValidationError', 'A redirect action needs a status code');
  const {
    Protocol = '#{protocol}',
    Host = '#{host}',
    Port = '#{port}',
    Path = '/#{path}',
    Query = '#{query}',
  } = config;
  if (!/^(HTTPS?|#\{protocol\})$/.test(Protocol)) throw invalid(`Redirect protocol '${Protocol}' is not valid`);
  if (Port !== '#{port}' && !(Number(Port) >= 1 && Number(Port) <= 65_535)) {
    throw invalid(`Redirect port '${Port}' is not valid`);
  }
  if (!Path.startsWith('/')) throw invalid(`Redirect path '${Path}' must begin with a '/'`);
  // A line break here would let the configuration write headers of its own.
  if (!/^[\x21-\x7e]*$/.test(Host + Path + Query)) throw invalid('Redirects take visible ASCII characters only');
  const changes = Protocol !== '#{protocol}' || Host !== '#{host}' || Port !== '#{port}' || Path !== '/#{path}';
  if (!changes) throw invalid('A redirect must change the protocol, host, port or path, or it would loop');
  return {
    Type: 'redirect',
    ...(action.Order ? { Order: action.Order } : {}),
    RedirectConfig: { Protocol, Host, Port, Path, Query, StatusCode: config.StatusCode },
  };
}

const contentTypes = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'];

function checkFixedResponse(action: Action): Action {
  const config = action.FixedResponseConfig;
  if (!/^[245]\d\d$/.test(config?.StatusCode ?? '')) {
    throw invalid(`The fixed response status code '${config?.StatusCode}' must be 2XX, 4XX or 5XX`);
  }
  if (config?.ContentType && !contentTypes.includes(config.ContentType)) {
    throw invalid(`The content type must be one of ${contentTypes.join(', ')}`);
  }
  if ((config?.MessageBody?.length ?? 0) > 1024) throw invalid('The message body has at most 1024 characters');
  return { Type: 'fixed-response', ...(action.Order ? { Order: action.Order } : {}), FixedResponseConfig: config };
}
