import { useText } from '../../i18n/text.ts';
import { outcomes, outcomeText } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { changeColour } from './change-words.ts';
import { changes } from './compare-maps.ts';

/** What colours, sizes and dashes mean. */
export function MapLegend({ comparing }: { comparing: boolean }) {
  const t = useText();
  const swatch = (paint: string) => <span className="hatoba-swatch" style={{ background: paint }} />;
  return (
    <div className="hatoba-legend">
      {comparing
        ? changes.map((change) => (
            <span key={change}>
              {swatch(changeColour[change])}
              {t(`change.${change}`)}
            </span>
          ))
        : outcomes.map((outcome) => (
            <span key={outcome}>
              {swatch(colour[outcome])}
              {t(outcomeText[outcome])}
            </span>
          ))}
      <span>{t('map.legend-size')}</span>
      <span>{t('map.legend-dashed')}</span>
    </div>
  );
}
