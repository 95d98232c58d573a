import type { ContainerDefinition } from '@aws-sdk/client-ecs';

/** The order of containers within one task: dependsOn at start, the reverse when stopping. Pure. */

export interface ContainerState {
  readonly status: 'NONE' | 'RUNNING' | 'STOPPED';
  readonly exitCode?: number;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
  readonly startedAtMs?: number;
}

export type ContainerStates = ReadonlyMap<string, ContainerState>;

interface Dependency {
  readonly containerName: string;
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';
}

export interface StartStep {
  /** Names of containers whose conditions are met. */
  readonly start: readonly string[];
  /** A container that can never start any more, and why: the task stops. */
  readonly stuck?: { readonly containerName: string; readonly reason: string };
  /** True when every container has been started. */
  readonly complete: boolean;
  /** When a dependency's startTimeout ends. */
  readonly recheckAtMs?: number;
}

const startTimeoutSecondsDefault = 180;

export function nextContainersToStart(
  definitions: readonly ContainerDefinition[],
  states: ContainerStates,
  nowMs: number,
): StartStep {
  const start: string[] = [];
  let recheckAtMs: number | undefined;
  for (const definition of definitions) {
    if (stateOf(states, definition.name).status !== 'NONE') continue;
    const verdicts = dependenciesOf(definition, definitions).map((dependency) => {
      const target = definitions.find((other) => other.name === dependency.containerName);
      return judgeDependency(dependency, target, stateOf(states, dependency.containerName), nowMs);
    });
    const blocked = verdicts.find((verdict) => verdict.state === 'never');
    if (blocked !== undefined) {
      return { start: [], complete: false, stuck: { containerName: definition.name ?? '', reason: blocked.reason } };
    }
    if (verdicts.every((verdict) => verdict.state === 'met')) start.push(definition.name ?? '');
    for (const verdict of verdicts) {
      if (verdict.untilMs !== undefined) recheckAtMs = Math.min(recheckAtMs ?? verdict.untilMs, verdict.untilMs);
    }
  }
  const complete = definitions.every((definition) => stateOf(states, definition.name).status !== 'NONE');
  return { start, complete, recheckAtMs };
}

/** Running containers on which no running container depends: these get their stop signal now. */
export function nextContainersToStop(
  definitions: readonly ContainerDefinition[],
  running: ReadonlySet<string>,
): string[] {
  const neededBy = (name: string) =>
    definitions.some(
      (other) =>
        running.has(other.name ?? '') &&
        other.name !== name &&
        dependenciesOf(other, definitions).some((dependency) => dependency.containerName === name),
    );
  const free = [...running].filter((name) => !neededBy(name));
  // A definition without cycles always has one; the rest is for definitions that were never checked.
  return free.length > 0 ? free : [...running];
}

/** What is asked for, and what links, volumesFrom and a FireLens router imply. */
export function dependenciesOf(
  definition: ContainerDefinition,
  all: readonly ContainerDefinition[],
): readonly Dependency[] {
  const explicit = (definition.dependsOn ?? []).map((one) => ({
    containerName: one.containerName ?? '',
    condition: one.condition as Dependency['condition'],
  }));
  const linked = (definition.links ?? []).map((link) => link.split(':')[0] ?? '');
  const volumes = (definition.volumesFrom ?? []).map((volume) => volume.sourceContainer ?? '');
  const router =
    definition.logConfiguration?.logDriver === 'awsfirelens'
      ? all.filter((other) => other.firelensConfiguration && !other.dependsOn?.length).map((other) => other.name ?? '')
      : [];
  const implied = [...linked, ...volumes, ...router].filter((name) => name !== '' && name !== definition.name);
  return [...explicit, ...implied.map((containerName) => ({ containerName, condition: 'START' as const }))];
}

interface Verdict {
  readonly state: 'met' | 'waiting' | 'never';
  readonly reason: string;
  readonly untilMs?: number;
}

function judgeDependency(
  dependency: Dependency,
  target: ContainerDefinition | undefined,
  state: ContainerState,
  nowMs: number,
): Verdict {
  const name = dependency.containerName;
  const met: Verdict = { state: 'met', reason: '' };
  if (target === undefined) return { state: 'never', reason: `there is no container ${name}` };
  if (state.status === 'NONE') return { state: 'waiting', reason: '' };
  const deadlineMs = (state.startedAtMs ?? nowMs) + (target.startTimeout ?? startTimeoutSecondsDefault) * 1000;
  const late = nowMs >= deadlineMs;
  const waiting: Verdict = late
    ? { state: 'never', reason: `container ${name} did not reach ${dependency.condition} in time` }
    : { state: 'waiting', reason: '', untilMs: deadlineMs };
  switch (dependency.condition) {
    case 'START':
      return met;
    case 'COMPLETE':
      return state.status === 'STOPPED'
        ? met
        : target.startTimeout === undefined
          ? { state: 'waiting', reason: '' }
          : waiting;
    case 'SUCCESS':
      if (state.status !== 'STOPPED')
        return target.startTimeout === undefined ? { state: 'waiting', reason: '' } : waiting;
      return state.exitCode === 0 ? met : { state: 'never', reason: `container ${name} exited with ${state.exitCode}` };
    case 'HEALTHY':
      if (state.health === 'HEALTHY') return met;
      return state.status === 'STOPPED'
        ? { state: 'never', reason: `container ${name} stopped before it was healthy` }
        : waiting;
  }
}

const stateOf = (states: ContainerStates, name: string | undefined): ContainerState =>
  states.get(name ?? '') ?? { status: 'NONE', health: 'UNKNOWN' };
