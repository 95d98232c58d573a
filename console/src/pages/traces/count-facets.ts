import type { AnnotationValue, TraceSummary } from '../../api/xray.ts';
import { quoted } from '../../parts/filter-text.ts';

export interface FacetValue {
  text: string;
  count: number;
  /** The condition that selects it. */
  condition: string;
}

export interface Facet {
  /** `node`, `status`, `method`, `url`, `user`, `flag`, or `annotation.<key>`. */
  name: string;
  values: FacetValue[];
}

const perFacet = 8;

function annotationText(value: AnnotationValue | undefined): { text: string; literal: string } | undefined {
  if (value?.StringValue !== undefined) return { text: value.StringValue, literal: quoted(value.StringValue) };
  const plain = value?.NumberValue ?? value?.BooleanValue;
  return plain === undefined ? undefined : { text: String(plain), literal: String(plain) };
}

/** The values by which traces are told apart, each with the condition that selects it. */
export function valuesOf(trace: TraceSummary): [facet: string, text: string, condition: string][] {
  const found: [string, string, string][] = [];
  const http = trace.Http ?? {};
  if (trace.HasFault) found.push(['flag', 'fault', 'fault']);
  if (trace.HasError) found.push(['flag', 'error', 'error']);
  if (trace.HasThrottle) found.push(['flag', 'throttle', 'throttle']);
  if (trace.IsPartial) found.push(['flag', 'partial', 'partial']);
  for (const service of trace.ServiceIds ?? []) {
    if (service.Name && service.Type !== 'client') {
      found.push(['node', service.Name, `service(${quoted(service.Name)})`]);
    }
  }
  if (http.HttpStatus) found.push(['status', String(http.HttpStatus), `http.status = ${http.HttpStatus}`]);
  if (http.HttpMethod) found.push(['method', http.HttpMethod, `http.method = ${quoted(http.HttpMethod)}`]);
  if (http.HttpURL) found.push(['url', http.HttpURL, `http.url = ${quoted(http.HttpURL)}`]);
  for (const user of trace.Users ?? []) {
    if (user.UserName) found.push(['user', user.UserName, `user = ${quoted(user.UserName)}`]);
  }
  for (const [key, values] of Object.entries(trace.Annotations ?? {})) {
    for (const { AnnotationValue: value } of values) {
      const words = annotationText(value);
      if (words) found.push([`annotation.${key}`, words.text, `annotation[${key}] = ${words.literal}`]);
    }
  }
  return found;
}

/** How many traces have which value: each trace counts once per value. Facets in the order of their first sight. */
export function countFacets(traces: readonly TraceSummary[]): Facet[] {
  const facets = new Map<string, Map<string, FacetValue>>(
    ['flag', 'node', 'status', 'method', 'url', 'user'].map((name) => [name, new Map()]),
  );
  for (const trace of traces) {
    const seen = new Set<string>();
    for (const [name, text, condition] of valuesOf(trace)) {
      const key = `${name} ${text}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const values = facets.get(name) ?? new Map<string, FacetValue>();
      facets.set(name, values);
      const value = values.get(text) ?? { text, count: 0, condition };
      value.count += 1;
      values.set(text, value);
    }
  }
  return [...facets]
    .filter(([, values]) => values.size > 0)
    .map(([name, values]) => ({
      name,
      values: [...values.values()].sort((a, b) => b.count - a.count).slice(0, perFacet),
    }));
}
