import type { Positions } from './lay-out.ts';

const directions: Record<string, readonly [x: number, y: number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The node that an arrow key leads to: the nearest one on that side, straight on rather than askew. */
export function neighbourOf(id: string, key: string, positions: Positions): string | undefined {
  const direction = directions[key];
  const from = positions.get(id);
  if (!direction || !from) return undefined;
  const [dx, dy] = direction;
  let nearest: { id: string; cost: number } | undefined;
  for (const [other, spot] of positions) {
    const ahead = (spot.x - from.x) * dx + (spot.y - from.y) * dy;
    if (other === id || ahead <= 1) continue;
    const aside = Math.abs((spot.x - from.x) * dy) + Math.abs((spot.y - from.y) * dx);
    const cost = ahead + 2 * aside;
    if (!nearest || cost < nearest.cost) nearest = { id: other, cost };
  }
  return nearest?.id;
}
