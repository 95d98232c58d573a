/** The only place that names colours. Values live in theme.css, once for each mode. */
export const colour = {
  ok: 'var(--hatoba-ok)',
  error: 'var(--hatoba-error)',
  throttle: 'var(--hatoba-throttle)',
  fault: 'var(--hatoba-fault)',
  idle: 'var(--hatoba-idle)',
  link: 'var(--hatoba-link)',
  accent: 'var(--hatoba-accent)',
  text: 'var(--hatoba-text)',
  textSoft: 'var(--hatoba-text-soft)',
  surface: 'var(--hatoba-surface)',
  surfaceRaised: 'var(--hatoba-surface-raised)',
  selected: 'var(--hatoba-selected)',
  line: 'var(--hatoba-line)',
  critical: 'var(--hatoba-critical)',
  shadow: 'var(--hatoba-shadow)',
} as const;

export const series = [
  'var(--hatoba-series-1)',
  'var(--hatoba-series-2)',
  'var(--hatoba-series-3)',
  'var(--hatoba-series-4)',
  'var(--hatoba-series-5)',
  'var(--hatoba-series-6)',
] as const;

/** A colour's value in the mode on screen, for canvas drawing, which knows no variables. */
export function resolveColour(value: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(value)?.[1];
  return name ? getComputedStyle(document.body).getPropertyValue(name).trim() : value;
}
