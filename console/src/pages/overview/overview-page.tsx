import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate } from '@tanstack/react-router';
import { getOverview, type Overview } from '../../api/hatoba.ts';
import { getServiceGraph } from '../../api/xray.ts';
import { useLive, useScope, useTimeRange } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { When } from '../../parts/when.tsx';
import { AlarmState } from '../alarms/alarm-state.tsx';
import { RunBars } from '../canaries/run-bars.tsx';
import { buildTraceMap, slowestNode } from '../map/map-model.ts';
import { NothingYet } from '../map/nothing-yet.tsx';
import { TraceMapPicture } from '../map/trace-map.tsx';
import { BlamedDeployments } from './blamed-deployments.tsx';
import { Findings } from './findings.tsx';
import { LedgerLine } from './ledger-line.tsx';
import { VerdictLine } from './verdict-line.tsx';

/** Is it all right; if not, what is wrong, worst first; and below it what one looks at next. */
export function OverviewPage() {
  const t = useText();
  const overview = useLive(['overview'], ({ scope, range, signal }) => getOverview(scope, range, signal));
  return (
    <Page title={t('page.overview')}>
      <SpaceBetween size="m">
        <QueryView query={overview} loadingText={t('overview.judging')}>
          {(found) => (
            <SpaceBetween size="m">
              <VerdictLine verdict={found.verdict} after={found.findings[0]?.deployment} />
              <Findings findings={found.findings} />
            </SpaceBetween>
          )}
        </QueryView>
        <BlamedDeployments />
        <SmallMap />
        {overview.data && <Below overview={overview.data} />}
        <LedgerLine />
      </SpaceBetween>
    </Page>
  );
}

function SmallMap() {
  const t = useText();
  const navigate = useNavigate();
  const { now } = useTimeRange();
  const scope = useScope();
  const graph = useLive(['small-map'], ({ scope, range, signal }) => getServiceGraph(scope, range, signal));
  const range = now();
  return (
    <section className="hatoba-box hatoba-small-map">
      <div className="hatoba-label">
        <Go to="/map">{t('page.map')}</Go>
      </div>
      <QueryView query={graph}>
        {(services) => {
          const map = buildTraceMap(services);
          return map.nodes.length === 0 ? (
            <NothingYet />
          ) : (
            <TraceMapPicture
              map={map}
              name={`${scope.account} ${scope.region} `}
              metric="p50"
              minutes={(range.end - range.start) / 60_000}
              slowId={slowestNode(map)?.id}
              height={300}
              small
              onSelect={(chosen) => chosen && navigate({ to: '/map', search: chosen })}
            />
          );
        }}
      </QueryView>
    </section>
  );
}

function Below({ overview }: { overview: Overview }) {
  const t = useText();
  return (
    <div className="hatoba-three">
      <section className="hatoba-box">
        <div className="hatoba-label">
          <Go to="/canaries">{t('page.canaries')}</Go>
        </div>
        {overview.canaries.map((canary) => (
          <div key={canary.name} className="hatoba-pair-line">
            <Go to="/canaries/$name" params={{ name: canary.name }}>
              {canary.name}
            </Go>
            <RunBars
              runs={canary.lastRuns.map((run) => ({
                passed: run.passed,
                atMs: Date.parse(run.at),
                reason: run.reason,
              }))}
            />
          </div>
        ))}
        {overview.canaries.length === 0 && <p className="hatoba-soft">{t('canary.none')}</p>}
      </section>
      <section className="hatoba-box">
        <div className="hatoba-label">
          <Go to="/alarms">{t('page.alarms')}</Go>
        </div>
        {overview.alarms.map((alarm) => (
          <div key={alarm.name} className="hatoba-pair-line">
            <Go to="/alarms/$name" params={{ name: alarm.name }}>
              {alarm.name}
            </Go>
            <span>
              <AlarmState state={alarm.state} /> <When at={alarm.changedAt} />
            </span>
          </div>
        ))}
        {overview.alarms.length === 0 && <p className="hatoba-soft">{t('alarms.none')}</p>}
      </section>
      <section className="hatoba-box">
        <div className="hatoba-label">
          <Go to="/deployments">{t('overview.deployments')}</Go>
        </div>
        {overview.deployments.slice(0, 8).map((deployment) => (
          <div key={`${deployment.cluster} ${deployment.service}`} className="hatoba-pair-line">
            <Go
              to="/services/$cluster/$service"
              params={{ cluster: deployment.cluster, service: deployment.service }}
              search={{ tab: 'definition' }}
            >
              {t('overview.deployment', { service: deployment.service, revision: deployment.revision })}
            </Go>
            <When at={deployment.at} />
          </div>
        ))}
        {overview.deployments.length === 0 && <p className="hatoba-soft">{t('service.no-deployments')}</p>}
      </section>
    </div>
  );
}
