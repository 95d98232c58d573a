import { formatShare } from '../../i18n/format.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import type { Facet } from './count-facets.ts';

interface FacetsProps {
  facets: readonly Facet[];
  total: number;
  onAdd: (condition: string) => void;
}

/** Values with their counts; a click adds one to the query. */
export function Facets({ facets, total, onAdd }: FacetsProps) {
  const t = useText();
  const words = useCodeText();
  return (
    <nav className="hatoba-facets" aria-label={t('traces.refine')}>
      <div className="hatoba-label">{t('traces.refine')}</div>
      {facets.map((facet) => (
        <section key={facet.name}>
          <h3>{words(`facet.${facet.name}`, facet.name)}</h3>
          <ul>
            {facet.values.map((value) => (
              <li key={value.text}>
                <button
                  type="button"
                  title={t('traces.add', { condition: value.condition })}
                  onClick={() => onAdd(value.condition)}
                >
                  <span className="hatoba-facet-text">
                    {facet.name === 'flag' ? words(`outcome.${value.text}`, value.text) : value.text}
                  </span>
                  <span className="hatoba-facet-count" title={formatShare(value.count, total)}>
                    {value.count}
                  </span>
                  <span
                    className="hatoba-facet-bar"
                    style={{ width: `${(value.count / Math.max(1, total)) * 100}%` }}
                  />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
