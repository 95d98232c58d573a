import Autosuggest from '@cloudscape-design/components/autosuggest';
import Button from '@cloudscape-design/components/button';
import { useEffect, useState } from 'react';
import { useText } from '../../i18n/text.ts';
import { completeFilter, errorPosition } from './complete-filter.ts';
import type { Facet } from './count-facets.ts';

interface FilterBarProps {
  filter: string;
  facets: readonly Facet[];
  onRun: (filter: string) => void;
  error: Error | null;
}

/** One line for the filter expression, with completion; a syntax error is marked at its place. */
export function FilterBar({ filter, facets, onRun, error }: FilterBarProps) {
  const t = useText();
  const [text, setText] = useState(filter);
  useEffect(() => setText(filter), [filter]);
  const position = error && text === filter && filter !== '' ? errorPosition(error.message) : undefined;
  return (
    <div className="hatoba-filter">
      <div className="hatoba-filter-line">
        <Autosuggest
          value={text}
          options={completeFilter(text, facets).slice(0, 30)}
          filteringType="manual"
          enteredTextLabel={(value) => t('traces.run-this', { filter: value })}
          placeholder={t('traces.placeholder')}
          ariaLabel={t('traces.filter')}
          invalid={error !== null && filter !== ''}
          onChange={({ detail }) => setText(detail.value)}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter') onRun(text);
          }}
          onSelect={({ detail }) => {
            setText(detail.value);
            if (!/[\s("]$|\.$/.test(detail.value)) onRun(detail.value);
          }}
          empty={t('traces.no-completion')}
        />
        <Button variant="primary" onClick={() => onRun(text)}>
          {t('traces.run')}
        </Button>
        {filter && (
          <Button
            onClick={() => {
              setText('');
              onRun('');
            }}
          >
            {t('action.clear')}
          </Button>
        )}
      </div>
      {position !== undefined && (
        <pre className="hatoba-filter-error" role="alert">
          {filter.slice(0, position)}
          <mark>{filter.slice(position, position + 1) || ' '}</mark>
          {filter.slice(position + 1)}
        </pre>
      )}
    </div>
  );
}
