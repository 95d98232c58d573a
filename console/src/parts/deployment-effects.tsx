import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';
import type { Comparison, DeploymentEffect, EffectChange } from '../api/deployments.ts';
import { formatDuration, formatShare } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';
import { familyAndRevision } from './arn.ts';
import { DataTable } from './data-table.tsx';
import { Go } from './go.tsx';
import { OutcomeMark } from './outcome-mark.tsx';
import { When } from './when.tsx';

const kinds: Record<EffectChange, StatusIndicatorProps.Type> = {
  worse: 'error',
  better: 'success',
  same: 'info',
  unknown: 'pending',
};

interface DeploymentEffectsProps {
  title: string;
  effects: readonly DeploymentEffect[];
  empty: ReactNode;
}

/** Which deployment did this: response time and failures before and after each, with traces to look at. */
export function DeploymentEffects({ title, effects, empty }: DeploymentEffectsProps) {
  const t = useText();
  return (
    <DataTable
      title={title}
      description={t('effect.hint')}
      items={effects}
      trackBy={(effect) => effect.deploymentArn}
      empty={empty}
      pageSize={10}
      columns={[
        {
          id: 'change',
          header: t('effect.change'),
          cell: (effect) => (
            <StatusIndicator wrapText={false} type={kinds[effect.change]}>
              {t(`effect.${effect.change}`)}
            </StatusIndicator>
          ),
        },
        { id: 'deployment', header: t('effect.deployment'), minWidth: 170, cell: (effect) => <Revision {...effect} /> },
        {
          id: 'at',
          header: t('column.when'),
          sortingComparator: (a, b) => (a.at < b.at ? -1 : 1),
          cell: (effect) => <When at={effect.at} />,
        },
        {
          id: 'latency',
          header: t('effect.latency'),
          cell: ({ before, after, latency }) => (
            <Pair
              comparison={latency}
              before={formatDuration(before.p95Seconds)}
              after={formatDuration(after.p95Seconds)}
            />
          ),
        },
        ...(['faults', 'errors'] as const).map((measure) => ({
          id: measure,
          header: t(measure === 'faults' ? 'outcome.fault' : 'outcome.error'),
          cell: ({ before, after, ...effect }: DeploymentEffect) => {
            const count = (side: DeploymentEffect['before']) => (measure === 'faults' ? side.fault : side.error);
            return (
              <Pair
                comparison={effect[measure]}
                before={formatShare(count(before), before.total)}
                after={formatShare(count(after), after.total)}
              />
            );
          },
        })),
        { id: 'examples', header: t('effect.examples'), cell: (effect) => <Examples {...effect} /> },
      ]}
    />
  );
}

function Revision({ cluster, service, revision, previousRevision, at }: DeploymentEffect) {
  const t = useText();
  const short = (name: string) => familyAndRevision(name).revision || name;
  return (
    <div>
      <Go
        to="/services/$cluster/$service"
        params={{ cluster, service }}
        search={
          {
            tab: 'definition',
            right: revision,
            ...(previousRevision ? { left: previousRevision } : {}),
          } as never
        }
        className="hatoba-primary"
      >
        {`${service} ${previousRevision ? `${short(previousRevision)} → ` : ''}${short(revision)}`}
      </Go>
      <div>
        <Go to="/map" search={{ against: `deployment:${cluster}/${service}@${at}` }}>
          {t('effect.compare-map')}
        </Go>
      </div>
    </div>
  );
}

/** Two values; bold where the difference is no chance. */
function Pair({ comparison, before, after }: { comparison: Comparison; before: string; after: string }) {
  const t = useText();
  const text = `${before} → ${after}`;
  const title = comparison.pValue === undefined ? t('effect.too-few') : `p = ${comparison.pValue.toPrecision(2)}`;
  return (
    <span className="hatoba-nowrap" title={title}>
      {comparison.change === 'worse' ? <strong>{text}</strong> : text}
    </span>
  );
}

function Examples({ examples }: DeploymentEffect) {
  if (examples.length === 0) return <>-</>;
  return (
    <ul className="hatoba-bare-list">
      {examples.map((example) => (
        <li key={example.traceId} className="hatoba-nowrap">
          <OutcomeMark outcome={example.outcome} />{' '}
          <Go to="/traces/$traceId" params={{ traceId: example.traceId }} title={example.traceId}>
            {formatDuration(example.seconds)}
          </Go>
        </li>
      ))}
    </ul>
  );
}
