import DateRangePicker, { type DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import { useNavigate } from '@tanstack/react-router';
import { useText } from '../i18n/text.ts';
import { usePreferences } from './preferences.tsx';
import { useTimeRange } from './scope.ts';
import { absoluteRange, isRelative, relativeRanges, resolveRange } from './time-range.ts';

const units: Record<string, DateRangePickerProps.TimeUnit> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };
const letters: Record<string, string> = { second: 's', minute: 'm', hour: 'h', day: 'd', week: 'w' };

function toOption(text: string): DateRangePickerProps.RelativeOption {
  return { key: text, amount: Number(text.slice(0, -1)), unit: units[text.slice(-1)] ?? 'minute', type: 'relative' };
}

function toText(value: DateRangePickerProps.Value): string {
  if (value.type === 'absolute') {
    return absoluteRange({ start: Date.parse(value.startDate), end: Date.parse(value.endDate) });
  }
  if (value.unit === 'week') return `${value.amount * 7}d`;
  return `${value.amount}${letters[value.unit] ?? 'm'}`;
}

/** Relative ("last 15 minutes", live) or absolute, in the URL of every page. */
export function RangePicker() {
  const t = useText();
  const { utc } = usePreferences();
  const { text } = useTimeRange();
  const navigate = useNavigate();
  const value: DateRangePickerProps.Value = isRelative(text) ? toOption(text) : toAbsolute(text);
  return (
    <DateRangePicker
      value={value}
      relativeOptions={relativeRanges.map(toOption)}
      onChange={({ detail }) => {
        if (!detail.value) return;
        const range = toText(detail.value);
        navigate({ to: '.', search: (before: object) => ({ ...before, range }) as never });
      }}
      isValidRange={(candidate) => {
        if (!candidate) return { valid: false, errorMessage: t('range.choose') };
        if (candidate.type === 'relative') return { valid: true };
        return Date.parse(candidate.startDate) < Date.parse(candidate.endDate)
          ? { valid: true }
          : { valid: false, errorMessage: t('range.order') };
      }}
      showClearButton={false}
      absoluteFormat="slashed"
      hideTimeOffset
      {...(utc ? { timeOffset: 0 } : {})}
      placeholder={t('range.choose')}
      expandToViewport
      ariaLabel={t('range.title')}
    />
  );
}

function toAbsolute(text: string): DateRangePickerProps.AbsoluteValue {
  const range = resolveRange(text, Date.now());
  return {
    type: 'absolute',
    startDate: new Date(range.start).toISOString(),
    endDate: new Date(range.end).toISOString(),
  };
}
