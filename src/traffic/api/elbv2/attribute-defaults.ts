/** Attributes that may be set: value while unset (undefined: not shown then), and what is allowed. */
export type AttributeTable = Readonly<
  Record<string, { readonly value: string | undefined; readonly allows: (value: string) => boolean }>
>;

const flag = (value: boolean) => ({ value: String(value), allows: (text: string) => /^(true|false)$/.test(text) });
const oneOf = (value: string, ...others: string[]) => ({
  value,
  allows: (text: string) => text === value || others.includes(text),
});
const within = (value: number, minimum: number, maximum: number, ...others: string[]) => ({
  value: String(value),
  allows: (text: string) =>
    others.includes(text) || (/^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum),
});
const text = (value: string) => ({ value, allows: (given: string) => /^[\x20-\x7e]{0,1024}$/.test(given) });

/** Those that hatoba keeps but does not act on are marked in the plane's README. */
export const loadBalancerAttributes: AttributeTable = {
  'access_logs.s3.enabled': flag(false),
  'access_logs.s3.bucket': text(''),
  'access_logs.s3.prefix': text(''),
  'client_keep_alive.seconds': within(3600, 60, 604_800),
  'connection_logs.s3.enabled': flag(false),
  'connection_logs.s3.bucket': text(''),
  'connection_logs.s3.prefix': text(''),
  'deletion_protection.enabled': flag(false),
  'idle_timeout.timeout_seconds': within(60, 1, 4000),
  'ipv6.deny_all_igw_traffic': flag(false),
  'load_balancing.cross_zone.enabled': flag(true),
  'routing.http.desync_mitigation_mode': oneOf('defensive', 'monitor', 'strictest'),
  'routing.http.drop_invalid_header_fields.enabled': flag(false),
  'routing.http.preserve_host_header.enabled': flag(false),
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': flag(false),
  'routing.http.xff_client_port.enabled': flag(false),
  'routing.http.xff_header_processing.mode': oneOf('append', 'preserve', 'remove'),
  'routing.http2.enabled': flag(true),
  'waf.fail_open.enabled': flag(false),
  'zonal_shift.config.enabled': flag(false),
};

export const targetGroupAttributes: AttributeTable = {
  'deregistration_delay.timeout_seconds': within(300, 0, 3600),
  'load_balancing.algorithm.anomaly_mitigation': oneOf('off', 'on'),
  'load_balancing.algorithm.type': oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'),
  'load_balancing.cross_zone.enabled': oneOf('use_load_balancer_configuration', 'true', 'false'),
  'slow_start.duration_seconds': within(0, 30, 900, '0'),
  'stickiness.app_cookie.cookie_name': {
    value: '',
    allows: (name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,256}$/.test(name) && !/^(AWSALB|AWSALBAPP|AWSALBTG)/.test(name),
  },
  'stickiness.app_cookie.duration_seconds': within(86_400, 1, 604_800),
  'stickiness.enabled': flag(false),
  'stickiness.lb_cookie.duration_seconds': within(86_400, 1, 604_800),
  'stickiness.type': oneOf('lb_cookie', 'app_cookie'),
  'target_group_health.dns_failover.minimum_healthy_targets.count': within(1, 1, 1000, 'off'),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': { ...within(1, 1, 100, 'off'), value: 'off' },
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': within(1, 1, 1000),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': {
    ...within(1, 1, 100, 'off'),
    value: 'off',
  },
};

export const listenerAttributes: AttributeTable = {
  'routing.http.response.server.enabled': flag(true),
};
