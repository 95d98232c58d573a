import { formatCount, formatShare } from '../../i18n/format.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { shorten } from '../../parts/shorten.ts';
import { useHeldRows } from '../../parts/use-held-rows.ts';
import type { Facet, FacetValue } from './count-facets.ts';

interface FacetsProps {
  facets: readonly Facet[];
  total: number;
  /** There are more traces than were counted. */
  isPart: boolean;
  onAdd: (condition: string) => void;
}

const none: readonly Facet[] = [];

/** Values with their counts: each adds itself to the query, or its opposite. */
export function Facets({ facets, total, isPart, onAdd }: FacetsProps) {
  const t = useText();
  const words = useCodeText();
  // As a whole: counts that do not belong to each other would mislead.
  const held = useHeldRows(facets, none, (facet) => facet.name);
  return (
    <nav className="hatoba-facets" aria-label={t('traces.refine')} {...held.frame}>
      {total > 0 && <div className="hatoba-label">{t('traces.refine')}</div>}
      {total > 0 && (
        <div className="hatoba-soft hatoba-small">
          {t(isPart ? 'traces.facets-of-newest' : 'traces.facets-of-all', { count: formatCount(total) })}
        </div>
      )}
      {held.rows.map((facet) => (
        <section key={facet.name}>
          <h3>{words(`facet.${facet.name}`, facet.name)}</h3>
          <ul>
            {facet.values.map((value) => (
              <Value key={value.text} facet={facet} value={value} total={total} onAdd={onAdd} />
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

interface ValueProps {
  facet: Facet;
  value: FacetValue;
  total: number;
  onAdd: (condition: string) => void;
}

function Value({ facet, value, total, onAdd }: ValueProps) {
  const t = useText();
  const words = useCodeText();
  const text = facet.name === 'flag' ? words(`outcome.${value.text}`, value.text) : value.text;
  return (
    <li className="hatoba-facet">
      <button
        type="button"
        title={t('traces.add', { condition: value.condition })}
        onClick={() => onAdd(value.condition)}
      >
        <span className="hatoba-facet-text">{shorten(text, 120)}</span>
        <span className="hatoba-facet-count" title={formatShare(value.count, total)}>
          {formatCount(value.count)}
        </span>
        <span className="hatoba-facet-bar" style={{ width: `${(value.count / Math.max(1, total)) * 100}%` }} />
      </button>
      <button
        type="button"
        className="hatoba-facet-not"
        title={t('traces.add', { condition: `!${value.condition}` })}
        aria-label={t('traces.exclude', { value: text })}
        onClick={() => onAdd(`!${value.condition}`)}
      >
        ≠
      </button>
    </li>
  );
}
