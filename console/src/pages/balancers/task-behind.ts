export interface AddressedTask {
  cluster: string;
  task: string;
  /** `service:<name>` of a task that a service started. */
  group: string;
}

/**
 * The task behind a target. Where tasks share an address, as on the loopback interface, a port tells them apart, which
 * ECS does not say of them: then the task is known only if one of them is of a service that uses the target group.
 */
export function taskBehind(
  atAddress: readonly AddressedTask[],
  services: readonly { cluster: string; service: string }[],
): AddressedTask | undefined {
  if (atAddress.length < 2) return atAddress[0];
  const candidates = atAddress.filter((one) =>
    services.some(({ cluster, service }) => one.cluster === cluster && one.group === `service:${service}`),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}
