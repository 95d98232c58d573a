import { type KeyboardEvent, useCallback, useId, useLayoutEffect, useRef, useState } from 'react';
import { useKey } from '../../app/keyboard.ts';
import { useText } from '../../i18n/text.ts';
import { type Completion, completeFilter, errorSpan } from './complete-filter.ts';
import type { Facet } from './count-facets.ts';

interface FilterInputProps {
  text: string;
  facets: readonly Facet[];
  /** Where the server saw an error in this very text. */
  errorAt: number | undefined;
  errorId: string | undefined;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
  placeholder?: string | undefined;
}

const shown = 12;

/** The filter expression: completion at the caret, a wavy line under what is wrong, Enter runs it. */
export function FilterInput({ text, facets, errorAt, errorId, onChange, onRun, placeholder }: FilterInputProps) {
  const t = useText();
  const listId = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useKey(
    'f',
    useCallback(() => field.current?.focus(), []),
  );
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(-1);
  const wantedCaret = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (wantedCaret.current === null) return;
    field.current?.setSelectionRange(wantedCaret.current, wantedCaret.current);
    wantedCaret.current = null;
  });
  const options = caret === null ? [] : completeFilter(text, caret, facets).slice(0, shown);
  const open = options.length > 0;

  const choose = (option: Completion) => {
    wantedCaret.current = option.from + option.insert.length;
    onChange(text.slice(0, option.from) + option.insert + text.slice(option.to));
    setCaret(wantedCaret.current);
    setAt(-1);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && open) {
      event.preventDefault();
      setAt((before) => (before + step + options.length + (before < 0 && step < 0 ? 1 : 0)) % options.length);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      const option = options[at];
      if (option) return choose(option);
      setCaret(null);
      onRun(text);
    } else if (event.key === 'Tab' && open && at >= 0) {
      const option = options[at];
      if (!option) return;
      event.preventDefault();
      choose(option);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      setCaret(null);
    } else if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      setCaret(field.current?.selectionStart ?? text.length);
    }
  };

  return (
    <div className={`hatoba-filter-box${errorAt === undefined ? '' : ' hatoba-filter-wrong'}`}>
      <Backdrop text={text} errorAt={errorAt} />
      <textarea
        ref={field}
        rows={1}
        spellCheck={false}
        autoCapitalize="off"
        role="combobox"
        aria-label={t('traces.filter')}
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${listId}-${at}` : undefined}
        aria-invalid={errorAt !== undefined}
        aria-describedby={errorId}
        placeholder={placeholder ?? t('traces.placeholder')}
        value={text}
        onChange={(event) => {
          onChange(event.target.value.replaceAll('\n', ' '));
          setCaret(event.target.selectionStart);
          setAt(-1);
        }}
        onKeyDown={onKeyDown}
        onClick={(event) => setCaret(event.currentTarget.selectionStart)}
        onBlur={() => setCaret(null)}
      />
      {open && (
        <div className="hatoba-options" id={listId} role="listbox" aria-label={t('traces.completions')}>
          {options.map((option, index) => (
            <div
              key={`${option.label} ${option.insert}`}
              id={`${listId}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={index === at ? 'hatoba-option hatoba-option-at' : 'hatoba-option'}
              onPointerDown={(event) => {
                // The field keeps the focus.
                event.preventDefault();
                choose(option);
              }}
            >
              <span className="hatoba-option-label">{option.label}</span>
              <span className="hatoba-soft">{option.description}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** The same text below the field's, invisible but for the line under what is wrong. It also makes the field as high. */
function Backdrop({ text, errorAt }: { text: string; errorAt: number | undefined }) {
  if (errorAt === undefined) return <div aria-hidden="true">{`${text} `}</div>;
  const { from, to } = errorSpan(text, errorAt);
  return (
    <div aria-hidden="true">
      {text.slice(0, from)}
      <mark>{text.slice(from, to) || ' '}</mark>
      {`${text.slice(to)} `}
    </div>
  );
}
