import Button from '@cloudscape-design/components/button';
import { useMemo } from 'react';
import { describeTasks } from '../../api/ecs.ts';
import type { TraceSummary } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { absoluteRange } from '../../app/time-range.ts';
import { formatCount, formatDuration, formatShare } from '../../i18n/format.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';
import { between } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { explainSelection, type TaskFacts } from './explain-selection.ts';
import { isSelected, type Selection } from './selection.ts';

const noTasks: ReadonlyMap<string, TaskFacts> = new Map();

/** What ECS knows of the tasks that the traces name. Tasks that are gone are left out. */
function useTaskFacts(traces: readonly TraceSummary[]): ReadonlyMap<string, TaskFacts> {
  const arns = useMemo(
    () =>
      [...new Set(traces.flatMap((trace) => (trace.ResourceARNs ?? []).map((resource) => resource.ARN ?? '')))]
        .filter((arn) => arn.includes(':task/'))
        .sort(),
    [traces],
  );
  const facts = useLive(
    ['task-facts', ...arns],
    async ({ scope, signal }) => {
      const clusterOf = (arn: string) => arn.split('/').at(-2) ?? '';
      const clusters = [...new Set(arns.map(clusterOf))];
      const tasks = await Promise.all(
        clusters.map((cluster) => {
          const own = arns.filter((arn) => clusterOf(arn) === cluster);
          return describeTasks(scope, cluster, own.slice(0, 100), signal);
        }),
      );
      return new Map(
        tasks.flat().map((task): [string, TaskFacts] => [
          task.taskArn,
          {
            service: task.group?.replace(/^service:/, '') ?? '',
            definition: lastPart(task.taskDefinitionArn),
            deployment: (task.startedBy ?? '').startsWith('ecs-svc/') ? lastPart(task.startedBy ?? '') : '',
            images: (task.containers ?? []).flatMap(({ image, imageDigest }) =>
              image ? [imageDigest ? `${image}@${imageDigest.slice(0, 19)}` : image] : [],
            ),
            zone: task.availabilityZone ?? '',
          },
        ]),
      );
    },
    { ranged: false, enabled: arns.length > 0, refreshMs: 30_000 },
  );
  return facts.data ?? noTasks;
}

interface WhyDifferentProps {
  traces: readonly TraceSummary[];
  selection: Selection;
  onAdd: (condition: string) => void;
  onClear: () => void;
}

/** The selected traces against all others of the list: what is more, or less, frequent in them. */
export function WhyDifferent({ traces, selection, onAdd, onClear }: WhyDifferentProps) {
  const t = useText();
  const words = useCodeText();
  const tasks = useTaskFacts(traces);
  const inside = traces.filter((trace) => isSelected(trace, selection));
  const outside = traces.filter((trace) => !isSelected(trace, selection));
  const differences = explainSelection(inside, outside, tasks);
  return (
    <section className="hatoba-box" aria-label={t('traces.why')}>
      <div className="hatoba-pair-line">
        <span>
          <strong>{t('traces.why')}</strong>{' '}
          <span className="hatoba-soft">
            {t('traces.why-counts', {
              selected: formatCount(inside.length),
              rest: formatCount(outside.length),
              from: formatDuration(selection.fromSeconds),
              to: formatDuration(selection.toSeconds),
            })}
          </span>
        </span>
        <span className="hatoba-inline-list">
          <Go
            to="/traces"
            search={
              {
                filter: between(selection.fromSeconds, selection.toSeconds),
                range: absoluteRange({ start: selection.fromMs, end: selection.toMs }),
                sort: 'slow',
              } as never
            }
          >
            {t('traces.only-these')}
          </Go>
          <Button variant="inline-link" onClick={onClear}>
            {t('action.clear')}
          </Button>
        </span>
      </div>
      {differences.length === 0 ? (
        <p className="hatoba-soft">{t('traces.why-nothing')}</p>
      ) : (
        <table className="hatoba-pairs hatoba-differences">
          <thead>
            <tr>
              <th scope="col">{t('traces.attribute')}</th>
              <th scope="col">{t('traces.value')}</th>
              <th scope="col">{t('traces.in-selection')}</th>
              <th scope="col">{t('traces.in-rest')}</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((one) => (
              <tr key={`${one.name} ${one.text}`}>
                <th scope="row">{words(`facet.${one.name}`, one.name)}</th>
                <td>
                  {one.condition ? (
                    <Button
                      variant="inline-link"
                      ariaLabel={t('traces.add', { condition: one.condition })}
                      onClick={() => onAdd(one.condition ?? '')}
                    >
                      {one.name === 'flag' ? words(`outcome.${one.text}`, one.text) : one.text}
                    </Button>
                  ) : (
                    one.text
                  )}
                </td>
                <ShareCell share={one.selected} strong />
                <ShareCell share={one.rest} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ShareCell({ share, strong = false }: { share: number; strong?: boolean }) {
  return (
    <td>
      <span className="hatoba-share">
        <span className="hatoba-own-bar">
          <span style={{ width: `${share * 100}%`, opacity: strong ? 1 : 0.5 }} />
        </span>
        {formatShare(share, 1)}
      </span>
    </td>
  );
}
