import Button from '@cloudscape-design/components/button';
import { useEffect, useId, useState } from 'react';
import { ApiError } from '../../api/request.ts';
import { useText } from '../../i18n/text.ts';
import { errorPosition } from './complete-filter.ts';
import type { Facet } from './count-facets.ts';
import { FilterInput } from './filter-input.tsx';

interface FilterBarProps {
  filter: string;
  facets: readonly Facet[];
  onRun: (filter: string) => void;
  /** Told of what is typed, before it is run. */
  onType?: (text: string) => void;
  error: Error | null;
  placeholder?: string;
}

/** An error of the expression itself, which is shown at its place rather than as something that broke. */
export function syntaxErrorOf(error: Error | null): string | undefined {
  if (!(error instanceof ApiError) || error.code !== 'InvalidRequestException') return undefined;
  return errorPosition(error.message) === undefined ? undefined : error.message;
}

/** One line for the filter expression, with completion; a syntax error is underlined at its place and said in words. */
export function FilterBar({ filter, facets, onRun, onType, error, placeholder }: FilterBarProps) {
  const t = useText();
  const id = useId();
  const [text, setText] = useState(filter);
  useEffect(() => setText(filter), [filter]);
  const type = (typed: string) => {
    setText(typed);
    onType?.(typed);
  };
  const message = text === filter && filter !== '' ? syntaxErrorOf(error) : undefined;
  return (
    <div className="hatoba-filter">
      <div className="hatoba-filter-line">
        <FilterInput
          text={text}
          facets={facets}
          errorAt={message === undefined ? undefined : errorPosition(message)}
          errorId={message === undefined ? undefined : id}
          onChange={type}
          onRun={onRun}
          placeholder={placeholder}
        />
        <Button variant="primary" onClick={() => onRun(text)}>
          {t('traces.run')}
        </Button>
        {filter && (
          <Button
            onClick={() => {
              type('');
              onRun('');
            }}
          >
            {t('action.clear')}
          </Button>
        )}
      </div>
      {message !== undefined && (
        <p className="hatoba-filter-error" id={id} role="alert">
          {message}
        </p>
      )}
    </div>
  );
}
