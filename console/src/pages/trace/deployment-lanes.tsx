import { useState } from 'react';
import type { DeploymentOfTrace } from '../../api/trace-context.ts';
import { rangeAround } from '../../app/time-range.ts';
import { formatDuration, toMs } from '../../i18n/format.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { familyAndRevision } from '../../parts/arn.ts';
import { Go } from '../../parts/go.tsx';
import type { Stretch } from './critical-path.ts';
import { Lane } from './lane-marks.tsx';

const shownMax = 3;
/** Its page shows so much before and after a deployment. */
const marginMs = 30 * 60_000;

interface DeploymentLanesProps {
  deployments: readonly DeploymentOfTrace[];
  window: Stretch;
}

/** Of each service that took part, the deployment in progress at the time, or the last one before and how long before. */
export function DeploymentLanes({ deployments, window }: DeploymentLanesProps) {
  const t = useText();
  const [all, setAll] = useState(false);
  const shown = all ? deployments : deployments.slice(0, shownMax);
  return (
    <>
      {shown.map((deployment) => (
        <DeploymentLane key={deployment.deploymentArn} deployment={deployment} window={window} />
      ))}
      {deployments.length > shownMax && (
        <div className="hatoba-lane-more">
          <button type="button" className="hatoba-plain-button" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t('lane.fewer') : t('lane.more-deployments', { count: deployments.length - shownMax })}
          </button>
        </div>
      )}
    </>
  );
}

function DeploymentLane({ deployment, window }: { deployment: DeploymentOfTrace; window: Stretch }) {
  const t = useText();
  const words = useCodeText();
  const { cluster, service, revision, previousRevision, status, secondsBefore, when, servedBy } = deployment;
  const startMs = toMs(deployment.at) ?? 0;
  const endMs = toMs(deployment.finishedAt);
  const time = formatDuration(Math.abs(secondsBefore));
  const distance =
    when === 'before'
      ? t('lane.done-before', { time })
      : secondsBefore < 0
        ? t('lane.began-after', { time })
        : t('lane.began-before', { time });
  const state = words(`deployed.${status}`, status);
  const served = servedBy.length > 0 ? t('lane.served-by', { revision: servedBy.map(short).join(', ') }) : '';
  const what = `${service} ${fromTo(previousRevision, revision)}`;
  const told = [when === 'during' && endMs !== undefined ? t('lane.then-in-progress') : state, served]
    .filter(Boolean)
    .join(' · ');
  return (
    <Lane
      name={
        <>
          <span className="hatoba-label">{t('effect.deployment')}</span>{' '}
          <Go
            to="/services/$cluster/$service"
            params={{ cluster, service }}
            search={{ tab: 'deployments', range: rangeAround(startMs, endMs ?? window.to * 1000, marginMs) } as never}
            title={[cluster, previousRevision, revision].filter(Boolean).join(' · ')}
          >
            {what}
          </Go>
        </>
      }
      words={told}
      title={[distance, state, served].filter(Boolean).join(' · ')}
    >
      <span className="hatoba-row-bars">
        {when === 'during' && (
          <While from={startMs / 1000} to={endMs === undefined ? undefined : endMs / 1000} window={window} />
        )}
        <span className="hatoba-lane-before">
          {secondsBefore < 0 ? '' : '◂ '}
          {distance}
        </span>
      </span>
    </Lane>
  );
}

/** A bar from beginning to end, as far as they lie in the window; an end that it has there is drawn. */
function While({ from, to, window }: { from: number; to: number | undefined; window: Stretch }) {
  const share = (at: number) => (at - window.from) / (window.to - window.from);
  const left = Math.max(0, share(from));
  const right = to === undefined ? 1 : Math.min(1, share(to));
  if (left > 1 || right < 0) return null;
  const ends = `${share(from) >= 0 ? ' hatoba-lane-begins' : ''}${to !== undefined && share(to) <= 1 ? ' hatoba-lane-ends' : ''}`;
  return (
    <span
      className={`hatoba-lane-while${ends}`}
      style={{ left: `${left * 100}%`, width: `max(4px, ${(right - left) * 100}%)` }}
    />
  );
}

/** `6 → 7`, with the family only where it has changed. */
function fromTo(previous: string | undefined, revision: string): string {
  if (previous === undefined) return short(revision);
  const sameFamily = familyAndRevision(previous).family === familyAndRevision(revision).family;
  return sameFamily ? `${short(previous)} → ${short(revision)}` : `${previous} → ${revision}`;
}

const short = (name: string): string => familyAndRevision(name).revision || name;
