import { type ReactFlowState, useStore } from '@xyflow/react';
import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useContext,
  useRef,
} from 'react';
import { nodeHeight, nodeWidth } from './lay-out.ts';

/** Smaller than this, words cannot be read: a node is its ring, and its name only when something is wrong with it. */
const farZoom = 0.42;
const isFar = (state: ReactFlowState): boolean => state.transform[2] < farZoom;
/** As large on the screen as any other text, however far away it is; in steps, so that zooming stays cheap. */
const farFontSize = (state: ReactFlowState): number => 13 / 2 ** (Math.round(Math.log2(state.transform[2]) * 2) / 2);

const FarFontSize = createContext(13);
export const useFarFontSize = (): number => useContext(FarFontSize);

interface MapFrameProps {
  height: number | string;
  frame: RefObject<HTMLDivElement | null>;
  onArrow: (event: KeyboardEvent) => void;
  children: ReactNode;
}

/** Around the map: knows from how far away it is seen, so that lines need not ask and are not drawn again for it. */
export function MapFrame({ height, frame, onArrow, children }: MapFrameProps) {
  const far = useStore(isFar);
  return (
    <FarFontSize value={useStore(farFontSize)}>
      <div
        className={far ? 'hatoba-map hatoba-map-far' : 'hatoba-map'}
        style={{ height }}
        ref={frame}
        onKeyDownCapture={onArrow}
      >
        {children}
      </div>
    </FarFontSize>
  );
}

/** Whether a node has its words: it is near enough, and in the window or about to come into it, or was since then. */
export function useReadable(x: number, y: number): boolean {
  const wasReadable = useRef(false);
  return useStore(
    useCallback(
      (state: ReactFlowState) => {
        const { transform, width, height } = state;
        const zoom = transform[2];
        const [left, top] = [x * zoom + transform[0], y * zoom + transform[1]];
        const [wide, high] = [nodeWidth * zoom, nodeHeight * zoom];
        const inWindow = left > -2 * wide && left < width + wide && top > -2 * high && top < height + high;
        wasReadable.current = !isFar(state) && (inWindow || wasReadable.current);
        return wasReadable.current;
      },
      [x, y],
    ),
  );
}
