import type { TraceSummary } from '../../api/xray.ts';
import { quoted } from '../../parts/filter-text.ts';
import { valuesOf } from './count-facets.ts';

/** What ECS knows of a task that took part in a trace. */
export interface TaskFacts {
  service: string;
  definition: string;
  /** What its service calls the deployment that started it. */
  deployment: string;
  images: readonly string[];
  zone: string;
}

export interface Difference {
  /** A facet's name, or `task`, `definition`, `deployment`, `image`, `zone`, `instance`, `entry`. */
  name: string;
  text: string;
  condition: string | undefined;
  /** Shares, 0 to 1, of the traces that have the value. */
  selected: number;
  rest: number;
}

const leastDifference = 0.1;
const listed = 12;

type Value = [name: string, text: string, condition: string | undefined];

function placesOf(trace: TraceSummary, tasks: ReadonlyMap<string, TaskFacts>): Value[] {
  const found: Value[] = [];
  if (trace.EntryPoint?.Name) found.push(['entry', trace.EntryPoint.Name, undefined]);
  for (const { Name } of trace.AvailabilityZones ?? []) if (Name) found.push(['zone', Name, undefined]);
  for (const { Id } of trace.InstanceIds ?? []) if (Id) found.push(['instance', Id, `instance.id = ${quoted(Id)}`]);
  for (const { ARN } of trace.ResourceARNs ?? []) {
    if (!ARN?.includes(':task/')) continue;
    const facts = tasks.get(ARN);
    const id = ARN.split('/').at(-1)?.slice(0, 8) ?? '';
    found.push(['task', facts?.service ? `${facts.service} ${id}` : id, `resource.arn = ${quoted(ARN)}`]);
    if (!facts) continue;
    found.push(['definition', facts.definition, undefined]);
    if (facts.deployment) found.push(['deployment', `${facts.service} ${facts.deployment}`, undefined]);
    for (const image of facts.images) found.push(['image', image, undefined]);
    if (facts.zone) found.push(['zone', `${facts.service} ${facts.zone}`, undefined]);
  }
  return found;
}

/**
 * Why the selected traces are not like the others: every value that is clearly more, or less, frequent among them, the
 * greatest difference of shares first. Each trace counts once per value. Nothing to compare with gives nothing.
 */
export function explainSelection(
  selected: readonly TraceSummary[],
  rest: readonly TraceSummary[],
  tasks: ReadonlyMap<string, TaskFacts> = new Map(),
): Difference[] {
  if (selected.length === 0 || rest.length === 0) return [];
  const counts = new Map<string, { value: Value; selected: number; rest: number }>();
  const count = (traces: readonly TraceSummary[], side: 'selected' | 'rest') => {
    for (const trace of traces) {
      const own = new Map([...valuesOf(trace), ...placesOf(trace, tasks)].map((value) => [keyOf(value), value]));
      for (const [key, value] of own) {
        const entry = counts.get(key) ?? { value, selected: 0, rest: 0 };
        entry[side] += 1;
        counts.set(key, entry);
      }
    }
  };
  count(selected, 'selected');
  count(rest, 'rest');
  return [...counts.values()]
    .map(
      (entry): Difference => ({
        name: entry.value[0],
        text: entry.value[1],
        condition: entry.value[2],
        selected: entry.selected / selected.length,
        rest: entry.rest / rest.length,
      }),
    )
    .filter((difference) => distance(difference) >= leastDifference)
    .sort((a, b) => distance(b) - distance(a) || (keyOf([a.name, a.text]) < keyOf([b.name, b.text]) ? -1 : 1))
    .slice(0, listed);
}

const distance = (difference: Difference) => Math.abs(difference.selected - difference.rest);
const keyOf = ([name, text]: readonly [string, string, ...unknown[]]) => `${name}\u0000${text}`;
