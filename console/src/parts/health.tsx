import type { Statistics } from '../api/xray.ts';
import { formatShare } from '../i18n/format.ts';
import type { MessageKey } from '../i18n/text.ts';
import { useText } from '../i18n/text.ts';
import { colour } from '../theme.ts';

export type Outcome = 'ok' | 'error' | 'throttle' | 'fault';

export interface Shares {
  total: number;
  ok: number;
  error: number;
  throttle: number;
  fault: number;
}

export const outcomes: readonly Outcome[] = ['fault', 'throttle', 'error', 'ok'];
export const outcomeText: Record<Outcome, MessageKey> = {
  ok: 'outcome.ok',
  error: 'outcome.error',
  throttle: 'outcome.throttle',
  fault: 'outcome.fault',
};

export function sharesOf(statistics: Statistics | undefined): Shares {
  const throttle = statistics?.ErrorStatistics?.ThrottleCount ?? 0;
  return {
    total: statistics?.TotalCount ?? 0,
    ok: statistics?.OkCount ?? 0,
    throttle,
    error: Math.max(0, (statistics?.ErrorStatistics?.TotalCount ?? 0) - throttle),
    fault: statistics?.FaultStatistics?.TotalCount ?? 0,
  };
}

/** The worst outcome that a node or edge had at all, or undefined when nothing was wrong. */
export function worstOutcome(shares: Shares): Exclude<Outcome, 'ok'> | undefined {
  if (shares.fault > 0) return 'fault';
  if (shares.throttle > 0) return 'throttle';
  return shares.error > 0 ? 'error' : undefined;
}

interface RingProps {
  shares: Shares;
  radius: number;
  width: number;
}

/** A ring whose arcs are the shares of fault, throttle, error and ok. Drawn inside an svg, around the origin. */
export function Ring({ shares, radius, width }: RingProps) {
  const around = 2 * Math.PI * radius;
  if (shares.total === 0) {
    return <circle r={radius} fill="none" stroke={colour.idle} strokeWidth={width} strokeDasharray="4 4" />;
  }
  let passed = 0;
  return (
    <g transform="rotate(-90)">
      {outcomes.map((outcome) => {
        const length = (shares[outcome] / shares.total) * around;
        const offset = -passed;
        passed += length;
        return length === 0 ? null : (
          <circle
            key={outcome}
            r={radius}
            fill="none"
            stroke={colour[outcome]}
            strokeWidth={width}
            strokeDasharray={`${length} ${around - length}`}
            strokeDashoffset={offset}
          />
        );
      })}
    </g>
  );
}

/** `12.3 % faults` in the outcome's own colour, or nothing when all is well. */
export function TroubleWords({ shares }: { shares: Shares }) {
  const t = useText();
  const worst = worstOutcome(shares);
  if (!worst) return null;
  return (
    <span style={{ color: colour[worst], fontWeight: 700 }}>
      {formatShare(shares[worst], shares.total)} {t(outcomeText[worst])}
    </span>
  );
}
