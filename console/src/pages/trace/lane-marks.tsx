import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';

/** Something that happened at a moment or for a while, as shares of the window on screen. */
export interface LaneMark {
  key: string;
  /** 0 to 1. */
  share: number;
  /** A moment has none. */
  width?: number;
  label: string;
  onOpen: () => void;
}

interface LaneMarksProps {
  label: string;
  className: string;
  marks: readonly LaneMark[];
}

/** Marks on the axis. One stop for Tab; arrows, Home and End go from mark to mark, Enter opens. */
export function LaneMarks({ label, className, marks }: LaneMarksProps) {
  const group = useRef<HTMLSpanElement>(null);
  const [current, setCurrent] = useState<string>();
  const at = Math.max(
    0,
    marks.findIndex((mark) => mark.key === current),
  );
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: marks.length - 1 }[event.key];
    const next = to === undefined ? undefined : marks[Math.max(0, Math.min(to, marks.length - 1))];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    setCurrent(next.key);
    group.current?.querySelectorAll('button')[marks.indexOf(next)]?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a part of a grid's row
    <span ref={group} className="hatoba-row-bars" role="group" aria-label={label} onKeyDown={onKey}>
      {marks.map((mark, index) => (
        <button
          key={mark.key}
          type="button"
          tabIndex={index === at ? 0 : -1}
          className={`hatoba-lane-mark ${className}`}
          style={{ left: `${mark.share * 100}%`, ...(mark.width ? { width: `max(6px, ${mark.width * 100}%)` } : {}) }}
          title={mark.label}
          aria-label={mark.label}
          onFocus={() => setCurrent(mark.key)}
          onClick={mark.onOpen}
        />
      ))}
    </span>
  );
}

interface LaneProps {
  name: ReactNode;
  words: ReactNode;
  title?: string;
  children: ReactNode;
}

/** A line above the rows, on the same axis. */
export function Lane({ name, words, title, children }: LaneProps) {
  return (
    <div className="hatoba-timeline-head hatoba-lane">
      <span className="hatoba-lane-name">{name}</span>
      <span className="hatoba-soft hatoba-lane-words" title={title}>
        {words}
      </span>
      {children}
    </div>
  );
}
