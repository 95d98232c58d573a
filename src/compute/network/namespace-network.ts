import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../platform/logger.ts';
import { FIRST_SLOT, LAST_SLOT, type Subnet, subnetAt, subnetsToTry } from './choose-subnet.ts';
import { forgetOwner, NETWORK_ROOT, recordOwner } from './instance-owners.ts';
import { createMetadataListener } from './metadata-listener.ts';
import { receiveSockets, socketsInTask, toTaskSockets } from './receive-sockets.ts';
import { runCommand } from './run-command.ts';
import { DNS_ADDRESS, METADATA_ADDRESS, type TaskNetwork, type TaskPlace } from './task-network.ts';

const listeners = { metadata: 80, gateway: 4566, xray: 2000, otlpHttp: 4318, otlpGrpc: 4317 } as const;

/**
 * Each task in a network namespace of its own. The instance's bridge is in a namespace, too: packet filters of the
 * machine (Docker's, say) do not see traffic between tasks, and the machine gets one link per hatoba, whatever runs.
 * Namespaces are held by bind mounts below `NETWORK_ROOT/<instance>`, so no process has to live for them.
 */
export function createNamespaceNetwork(options: {
  instanceHash: string;
  dataDirectory: string;
  logger: Logger;
}): TaskNetwork {
  const { instanceHash, logger } = options;
  const directory = path.join(NETWORK_ROOT, instanceHash);
  const bridgeNamespace = path.join(directory, 'bridge');
  const hostLink = hostLinkOf(instanceHash);
  const slots = new Map<number, string>();
  const metadata = createMetadataListener();
  let subnet: Subnet | undefined;

  const inNamespace = (namespacePath: string, script: string) =>
    runCommand('nsenter', [`--net=${namespacePath}`, '--', 'sh', '-ec', script]);

  async function makeBridge(): Promise<void> {
    const gateway = subnet!.gateway;
    await makeNamespace(bridgeNamespace);
    await inNamespace(bridgeNamespace, 'ip link add br0 type bridge; ip link set br0 up; ip link set lo up');
    await runCommand('ip', ['link', 'add', hostLink, 'type', 'veth', 'peer', 'name', 'up0', 'netns', bridgeNamespace]);
    await inNamespace(
      bridgeNamespace,
      `ip link set up0 master br0
       ip link set up0 up
       ip address add ${METADATA_ADDRESS}/32 dev br0
       ip route add ${subnet!.addressOf(0)}/26 dev br0 src ${METADATA_ADDRESS}`,
    );
    await runCommand('ip', ['address', 'add', `${gateway}/26`, 'dev', hostLink]);
    await runCommand('ip', ['link', 'set', hostLink, 'up']);
  }

  async function removeAll(): Promise<void> {
    metadata.close();
    await removeInstanceNetwork(instanceHash);
    subnet = undefined;
    slots.clear();
  }

  function takeSlot(taskId: string): number {
    for (let slot = FIRST_SLOT; slot <= LAST_SLOT; slot += 1) {
      if (slots.has(slot)) continue;
      slots.set(slot, taskId);
      return slot;
    }
    throw new Error(`this hatoba's task network is full: it has room for ${LAST_SLOT - FIRST_SLOT + 1} tasks`);
  }

  return {
    mode: 'namespace',

    async start() {
      await recordOwner(instanceHash, options.dataDirectory);
      subnet = await claimedSubnet(instanceHash);
      const isWhole =
        subnet && existsSync(path.join('/sys/class/net', hostLink)) && (await isNamespace(bridgeNamespace));
      if (isWhole) return metadata.open(bridgeNamespace);
      await removeAll();
      await recordOwner(instanceHash, options.dataDirectory);
      subnet = await claimSubnet(instanceHash);
      await makeInstanceDirectory(directory);
      try {
        await makeBridge();
        await metadata.open(bridgeNamespace);
      } catch (error) {
        await removeAll().catch((cause) => logger.warn({ err: cause }, 'task network not fully removed'));
        throw error;
      }
    },

    async stop({ keepTasks }) {
      metadata.close();
      if (!keepTasks || slots.size === 0) await removeAll();
    },

    async create(taskId, ports) {
      if (!subnet) throw new Error('the task network is not started');
      const slot = takeSlot(taskId);
      const place: TaskPlace = {
        mode: 'namespace',
        address: subnet.addressOf(slot),
        namespacePath: path.join(directory, taskId),
        slot,
        listeners,
        ownPorts: [...new Set(ports.map(({ containerPort }) => containerPort))],
        hostPorts: {},
      };
      try {
        await makeNamespace(place.namespacePath!);
        await connect(place, bridgeNamespace, inNamespace);
        return place;
      } catch (error) {
        await this.remove(taskId, place);
        throw error;
      }
    },

    async adopt(taskId, place) {
      if (place.slot === undefined || !place.namespacePath || !(await isNamespace(place.namespacePath))) return false;
      slots.set(place.slot, taskId);
      return true;
    },

    async removeUnknown(knownTaskIds) {
      for (const name of await readdir(directory)) {
        if (name !== 'bridge' && !knownTaskIds.has(name)) await removeNamespace(path.join(directory, name));
      }
    },

    async open(place) {
      const sockets = await receiveSockets(place.namespacePath!, socketsInTask(place.listeners, place.ownPorts));
      return toTaskSockets(sockets, metadata.of(place.address));
    },

    async remove(taskId, place) {
      if (place.slot !== undefined && existsSync(bridgeNamespace)) {
        // The namespace may be kept alive by a last process for a moment; the link must go at once.
        await inNamespace(bridgeNamespace, `ip link delete t${place.slot} 2>/dev/null || true`).catch(() => undefined);
      }
      if (place.namespacePath) await removeNamespace(place.namespacePath);
      if (place.slot !== undefined && slots.get(place.slot) === taskId) slots.delete(place.slot);
    },
  };
}

/** Links a new namespace to the bridge and gives it its addresses. */
async function connect(
  place: TaskPlace,
  bridgeNamespace: string,
  inNamespace: (namespacePath: string, script: string) => Promise<string>,
): Promise<void> {
  const link = `t${place.slot}`;
  await inNamespace(
    bridgeNamespace,
    `ip link delete ${link} 2>/dev/null || true
     ip link add ${link} type veth peer name eth0 netns ${place.namespacePath}
     ip link set ${link} master br0
     ip link set ${link} up`,
  );
  // No default route: what is not on the bridge is refused at once instead of timing out.
  await inNamespace(
    place.namespacePath!,
    `ip link set lo up
     ip address add ${DNS_ADDRESS}/32 dev lo
     ip address add ${place.address}/26 dev eth0
     ip link set eth0 up
     ip route add ${METADATA_ADDRESS}/32 dev eth0
     echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start`,
  );
}

async function makeNamespace(file: string): Promise<void> {
  await writeFile(file, '', { mode: 0o600 });
  await runCommand('unshare', [`--net=${file}`, 'true']);
}

async function removeNamespace(file: string): Promise<void> {
  if (!existsSync(file)) return;
  // Until nothing is mounted on it any more: a file may carry more than one mount after a crash in between.
  for (let attempt = 0; attempt < 5 && (await isNamespace(file)); attempt += 1)
    await runCommand('umount', ['-l', file]);
  await rm(file, { force: true });
}

/** A file that a namespace is mounted on refuses to be read as a plain file does. */
async function isNamespace(file: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  return runCommand('nsenter', [`--net=${file}`, '--', 'true']).then(
    () => true,
    () => false,
  );
}

/** A mount point of its own: tasks detach it as a whole from their view, so that they hold no other task's namespace. */
async function makeInstanceDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  await runCommand('mount', ['--bind', directory, directory]);
  await runCommand('mount', ['--make-private', directory]);
}

const hostLinkOf = (instanceHash: string): string => `hatoba${instanceHash.slice(0, 8)}`;

/** Removes everything that an instance has on this machine's network. Idempotent. */
export async function removeInstanceNetwork(instanceHash: string): Promise<void> {
  const link = hostLinkOf(instanceHash);
  if (existsSync(path.join('/sys/class/net', link))) await runCommand('ip', ['link', 'delete', link]);
  const directory = path.join(NETWORK_ROOT, instanceHash);
  if (existsSync(directory)) {
    for (const name of await readdir(directory)) await removeNamespace(path.join(directory, name));
    await runCommand('umount', ['-l', directory]).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
  const claimed = await claimedSubnet(instanceHash);
  if (claimed) await rm(subnetClaim(claimed), { force: true });
  await forgetOwner(instanceHash);
}

const subnetClaim = (subnet: Subnet): string => path.join(NETWORK_ROOT, `subnet-${subnet.index}`);

/** The subnet that this instance claimed before, if any. */
async function claimedSubnet(instanceHash: string): Promise<Subnet | undefined> {
  for (let index = 0; index < 16; index += 1) {
    const owner = await readlink(subnetClaim(subnetAt(index))).catch(() => undefined);
    if (owner === instanceHash) return subnetAt(index);
  }
  return undefined;
}

/** Claims are symbolic links, made atomically: two hatobas that start together never share a subnet. */
async function claimSubnet(instanceHash: string): Promise<Subnet> {
  await mkdir(NETWORK_ROOT, { recursive: true });
  const routes = await runCommand('ip', ['-4', 'route', 'show', 'table', 'all']);
  const destinations = routes
    .split('\n')
    .map((line) => line.replace(/^(local|broadcast|unicast) /, '').split(' ', 1)[0]!);
  for (const subnet of subnetsToTry(instanceHash, destinations)) {
    const owner = await readlink(subnetClaim(subnet)).catch(() => undefined);
    if (owner !== undefined && !existsSync(path.join(NETWORK_ROOT, owner)))
      await rm(subnetClaim(subnet), { force: true });
    const claimed = await symlink(instanceHash, subnetClaim(subnet)).then(
      () => true,
      () => false,
    );
    if (claimed) return subnet;
  }
  throw new Error('every subnet of 169.254.172.0/22 is taken on this machine');
}
