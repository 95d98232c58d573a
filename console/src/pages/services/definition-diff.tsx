import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { describeTaskDefinition, listTaskDefinitions } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { familyAndRevision, lastPart } from '../../parts/arn.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { definitionLines } from './definition-lines.ts';
import { diffLines, withContext } from './diff-lines.ts';

interface DefinitionDiffProps {
  taskDefinition: string;
  left: string | undefined;
  right: string | undefined;
  onChoose: (choice: { left?: string; right?: string }) => void;
}

/** Two revisions of a task definition against each other: by default the newest and the one before. */
export function DefinitionDiff({ taskDefinition, left, right, onChoose }: DefinitionDiffProps) {
  const t = useText();
  const { family, revision } = familyAndRevision(taskDefinition);
  const revisions = useLive(['revisions', family], ({ scope, signal }) => listTaskDefinitions(scope, family, signal), {
    ranged: false,
    refreshMs: 15_000,
  });
  const rightName = right ?? `${family}:${revision}`;
  const leftName = left ?? `${family}:${Math.max(1, Number(familyAndRevision(rightName).revision) - 1)}`;
  const both = useLive(
    ['diff', leftName, rightName],
    ({ scope, signal }) =>
      Promise.all([describeTaskDefinition(scope, leftName, signal), describeTaskDefinition(scope, rightName, signal)]),
    { ranged: false, refreshMs: false },
  );
  const names = (revisions.data ?? []).map(lastPart).filter((name) => familyAndRevision(name).family === family);
  const options = names.map((name) => ({ value: name, label: name }));
  return (
    <SpaceBetween size="s">
      <SpaceBetween size="xs" direction="horizontal" alignItems="center">
        <Select
          selectedOption={{ value: leftName, label: leftName }}
          options={options}
          ariaLabel={t('diff.before')}
          onChange={({ detail }) => detail.selectedOption.value && onChoose({ left: detail.selectedOption.value })}
        />
        <span aria-hidden="true">→</span>
        <Select
          selectedOption={{ value: rightName, label: rightName }}
          options={options}
          ariaLabel={t('diff.after')}
          onChange={({ detail }) => detail.selectedOption.value && onChoose({ right: detail.selectedOption.value })}
        />
      </SpaceBetween>
      <QueryView query={both}>
        {([before, after]) => {
          const shown = withContext(diffLines(definitionLines(before), definitionLines(after)));
          return shown.every((line) => line === null) ? (
            <p>{t('diff.same')}</p>
          ) : (
            <pre className="hatoba-diff hatoba-mono">
              {shown.map((line, index) => (
                <div key={index} className={line && line.kind !== 'same' ? `hatoba-diff-${line.kind}` : ''}>
                  {line === null
                    ? '  …'
                    : `${line.kind === 'added' ? '+' : line.kind === 'removed' ? '-' : ' '} ${line.text}`}
                </div>
              ))}
            </pre>
          );
        }}
      </QueryView>
    </SpaceBetween>
  );
}
