import { type ReactFlowState, useStore } from '@xyflow/react';
import { createContext, type ReactNode, useContext } from 'react';

/** Smaller than this, words cannot be read: a node is its ring, and its name only when something is wrong with it. */
const farZoom = 0.42;
const isFar = (state: ReactFlowState): boolean => state.transform[2] < farZoom;
/** As large on the screen as any other text, however far away it is; in steps, so that zooming stays cheap. */
const farFontSize = (state: ReactFlowState): number => 13 / 2 ** (Math.round(Math.log2(state.transform[2]) * 2) / 2);

const Far = createContext(false);
const FarFontSize = createContext(13);

/** From how far away the map is seen, asked once and not by each of its nodes and edges with each step of a motion. */
export function FarProvider({ children }: { children: ReactNode }) {
  return (
    <Far value={useStore(isFar)}>
      <FarFontSize value={useStore(farFontSize)}>{children}</FarFontSize>
    </Far>
  );
}

export const useFar = (): boolean => useContext(Far);
export const useFarFontSize = (): number => useContext(FarFontSize);
