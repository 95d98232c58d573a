import type { Plane } from '../wire/aws/service-table.ts';

/** The door of the canaries plane (Synthetics). */
export interface Canaries extends Plane {}
