import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { describeTaskDefinition } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { When } from '../../parts/when.tsx';
import { DefinitionDiff } from './definition-diff.tsx';

export function TaskDefinitionPage() {
  const t = useText();
  const { family, revision } = useParams({ from: '/task-definitions/$family/$revision' });
  const name = `${family}:${revision}`;
  const [pair, setPair] = useState<{ left?: string; right?: string }>({});
  const definition = useLive(['definition', name], ({ scope, signal }) => describeTaskDefinition(scope, name, signal), {
    ranged: false,
    refreshMs: false,
  });
  return (
    <Page
      title={name}
      crumbs={[{ text: t('page.services'), to: '/services' }]}
      description={t('services.task-definition')}
    >
      <QueryView query={definition}>
        {(found) => (
          <SpaceBetween size="m">
            <dl className="hatoba-facts hatoba-facts-wide">
              <div>
                <dt>{t('task.size')}</dt>
                <dd>{`${found.cpu ?? '-'} / ${found.memory ?? '-'}`}</dd>
              </div>
              <div>
                <dt>{t('definition.task-role')}</dt>
                <dd>{found.taskRoleArn ? lastPart(found.taskRoleArn) : '-'}</dd>
              </div>
              <div>
                <dt>{t('definition.network')}</dt>
                <dd>{found.networkMode ?? '-'}</dd>
              </div>
              <div>
                <dt>{t('definition.registered')}</dt>
                <dd>
                  <When at={found.registeredAt} />
                </dd>
              </div>
            </dl>
            <DataTable
              title={t('task.containers')}
              items={found.containerDefinitions}
              trackBy={(container) => container.name}
              empty="-"
              columns={[
                { id: 'name', header: t('column.name'), cell: (container) => container.name },
                { id: 'image', header: t('task.image'), cell: (container) => container.image ?? '-' },
                { id: 'cpu', header: 'CPU', cell: (container) => container.cpu ?? '-' },
                {
                  id: 'memory',
                  header: t('metric.memory'),
                  cell: (container) => container.memory ?? container.memoryReservation ?? '-',
                },
                {
                  id: 'logs',
                  header: t('page.logs'),
                  cell: (container) => container.logConfiguration?.options?.['awslogs-group'] ?? '-',
                },
              ]}
            />
            <section className="hatoba-box">
              <div className="hatoba-label">{t('service.changes')}</div>
              <DefinitionDiff
                key={name}
                taskDefinition={name}
                left={pair.left}
                right={pair.right}
                onChoose={(choice) => setPair((before) => ({ ...before, ...choice }))}
              />
            </section>
            <pre className="hatoba-raw">{JSON.stringify(found, null, 2)}</pre>
          </SpaceBetween>
        )}
      </QueryView>
    </Page>
  );
}
