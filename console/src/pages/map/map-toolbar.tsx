import DateRangePicker from '@cloudscape-design/components/date-range-picker';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import type { Service } from '../../api/ecs.ts';
import { getGroups } from '../../api/groups.ts';
import { getOverview } from '../../api/hatoba.ts';
import { usePreferences } from '../../app/preferences.tsx';
import { useLive } from '../../app/scope.ts';
import { absoluteRange, isRelative } from '../../app/time-range.ts';
import { formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';

export interface MapSearch {
  node?: string;
  edge?: string;
  view?: string;
  metric?: string;
  from?: string;
  to?: string;
  show?: string;
  against?: string;
}

interface ToolbarProps {
  search: MapSearch;
  services: readonly Service[];
  set: (change: { [key in keyof MapSearch]?: string | undefined }) => void;
}

/** What is shown, with what it is compared, which number stands in the rings, picture or table. */
export function MapToolbar({ search, services, set }: ToolbarProps) {
  const t = useText();
  const comparing = search.against !== undefined;
  return (
    <div className="hatoba-toolbar">
      <ShowSelect value={search.show} services={services} onChoose={(show) => set({ show })} />
      <AgainstSelect value={search.against} onChoose={(against) => set({ against })} />
      {!comparing && (
        <SegmentedControl
          selectedId={search.metric === 'p95' ? 'p95' : 'p50'}
          label={t('map.metric')}
          options={[
            { id: 'p50', text: t('map.median') },
            { id: 'p95', text: 'p95' },
          ]}
          onChange={({ detail }) => set({ metric: detail.selectedId })}
        />
      )}
      <SegmentedControl
        selectedId={search.view === 'table' ? 'table' : 'map'}
        label={t('map.view')}
        options={[
          { id: 'map', text: t('map.as-map') },
          { id: 'table', text: t('map.as-table') },
        ]}
        onChange={({ detail }) => set({ view: detail.selectedId })}
      />
    </div>
  );
}

interface ChoiceProps {
  value: string | undefined;
  onChoose: (value: string | undefined) => void;
}

function ShowSelect({ value, services, onChoose }: ChoiceProps & { services: readonly Service[] }) {
  const t = useText();
  const groups = useLive(['groups'], ({ scope, signal }) => getGroups(scope, signal), { ranged: false });
  const section = (label: string, by: string, values: readonly string[]): SelectProps.OptionGroup[] =>
    values.length > 0 ? [{ label, options: values.map((one) => ({ value: `${by}:${one}`, label: one })) }] : [];
  const unique = (values: string[]) => [...new Set(values)].sort();
  const named = (groups.data ?? []).map((group) => group.GroupName).filter((name) => name !== 'Default');
  const options: SelectProps.Options = [
    { value: '', label: t('map.show-all') },
    ...section(t('map.groups'), 'group', unique(named)),
    ...section(t('page.services'), 'service', unique(services.map((service) => service.serviceName))),
    ...section(t('kind.cluster'), 'cluster', unique(services.map((service) => lastPart(service.clusterArn)))),
    ...section(
      t('map.tags'),
      'tag',
      unique(services.flatMap((service) => (service.tags ?? []).map((tag) => `${tag.key ?? ''}=${tag.value ?? ''}`))),
    ),
  ];
  const label = value?.slice(value.indexOf(':') + 1) ?? t('map.show-all');
  return (
    <Select
      inlineLabelText={t('map.show')}
      selectedOption={{ value: value ?? '', label }}
      options={options}
      filteringType={services.length > 12 ? 'auto' : 'none'}
      expandToViewport
      ariaLabel={t('map.show')}
      onChange={({ detail }) => onChoose(detail.selectedOption.value || undefined)}
    />
  );
}

function AgainstSelect({ value, onChoose }: ChoiceProps) {
  const t = useText();
  const { utc } = usePreferences();
  const overview = useLive(['deployments-for-map'], ({ scope, range, signal }) => getOverview(scope, range, signal), {
    refreshMs: 30_000,
  });
  const deployments = (overview.data?.deployments ?? []).map((deployment) => ({
    value: `deployment:${deployment.cluster}/${deployment.service}@${deployment.at}`,
    label: t('map.before-deployment', {
      revision: deployment.revision,
      time: formatTime(Date.parse(deployment.at), { utc, now: Date.now() }),
    }),
  }));
  const [choosing, setChoosing] = useState(false);
  const fixed = [
    { value: '', label: t('map.against-nothing') },
    { value: 'previous', label: t('map.against-previous') },
    { value: '1d', label: t('map.against-day') },
    { value: '7d', label: t('map.against-week') },
  ];
  const known = [...fixed, ...deployments].find((option) => option.value === (value ?? ''));
  const own = value !== undefined && !known ? { value, label: labelOfRange(value, utc) } : undefined;
  if (choosing) {
    return (
      <DateRangePicker
        value={null}
        relativeOptions={[]}
        rangeSelectorMode="absolute-only"
        isValidRange={(range) =>
          range?.type === 'absolute' && Date.parse(range.startDate) < Date.parse(range.endDate)
            ? { valid: true }
            : { valid: false, errorMessage: t('range.order') }
        }
        onChange={({ detail }) => {
          setChoosing(false);
          if (detail.value?.type !== 'absolute') return;
          onChoose(absoluteRange({ start: Date.parse(detail.value.startDate), end: Date.parse(detail.value.endDate) }));
        }}
        {...(utc ? { timeOffset: 0 } : {})}
        placeholder={t('map.against-custom')}
        ariaLabel={t('map.against')}
        expandToViewport
      />
    );
  }
  return (
    <Select
      inlineLabelText={t('map.against')}
      selectedOption={known ?? own ?? null}
      options={[
        ...fixed,
        ...(own ? [own] : []),
        { value: 'custom', label: t('map.against-custom') },
        ...(deployments.length > 0 ? [{ label: t('overview.deployments'), options: deployments }] : []),
      ]}
      expandToViewport
      ariaLabel={t('map.against')}
      onChange={({ detail }) => {
        const chosen = detail.selectedOption.value;
        if (chosen === 'custom') setChoosing(true);
        else onChoose(chosen || undefined);
      }}
    />
  );
}

/** A range or deployment of a link: its times, as far as they can be read. */
function labelOfRange(value: string, utc: boolean): string {
  if (isRelative(value)) return value;
  const times = value.replace(/^deployment:/, '').split(/[~@]/);
  return times
    .map((part) => (Number.isNaN(Date.parse(part)) ? part : formatTime(Date.parse(part), { utc, now: Date.now() })))
    .join(' – ');
}
