import { type Timeline, timelineFlags } from '../../api/timeline.ts';

/** A row and what lies below it, as a test writes it. Times are seconds. */
export interface Sketch {
  id: string;
  name?: string;
  kind?: 'segment' | 'call' | 'part';
  from: number;
  to: number;
  fault?: boolean;
  exception?: boolean;
  callee?: string;
  below?: Sketch[];
}

/** The columns that hatoba would answer for such a trace. */
export function timelineOf(roots: readonly Sketch[], troubles: Timeline['troubles'] = []): Timeline {
  const rows: Timeline['rows'] = {
    id: [],
    parent: [],
    name: [],
    service: [],
    start: [],
    duration: [],
    flags: [],
    callee: [],
  };
  const names: string[] = [];
  const callees: Timeline['callees'] = [];
  let endMicros = 0;
  const waiting = roots.map((sketch) => ({ sketch, parent: -1 })).reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { sketch, parent } = next;
    const {
      id,
      name = id,
      kind = parent < 0 ? 'segment' : 'part',
      from,
      to,
      fault,
      exception,
      callee,
      below = [],
    } = sketch;
    const row = rows.id.push(id) - 1;
    rows.parent.push(parent);
    rows.name.push(names.push(name) - 1);
    rows.service.push(kind === 'segment' ? names.length - 1 : (rows.service[parent] ?? 0));
    rows.start.push(from * 1e6);
    rows.duration.push((to - from) * 1e6);
    rows.flags.push(
      (fault ? timelineFlags.fault : 0) |
        (exception ? timelineFlags.exception : 0) |
        (kind === 'segment' ? timelineFlags.segment : kind === 'call' ? timelineFlags.call : 0),
    );
    rows.callee.push(callee === undefined ? -1 : callees.push({ name: callee, type: 'remote' }) - 1);
    endMicros = Math.max(endMicros, to * 1e6);
    for (const child of [...below].reverse()) waiting.push({ sketch: child, parent: row });
  }
  return {
    traceId: '1-5759e988-bd862e3fe1be46a994272793',
    revision: '1.1',
    startMicros: 0,
    endMicros,
    names,
    callees,
    rows,
    request: { method: '', url: '', status: 0, clientIp: '' },
    tasks: [],
    troubles,
  };
}
