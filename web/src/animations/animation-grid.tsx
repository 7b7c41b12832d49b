import { Text, UnstyledButton } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { AnimationShape } from '../api/types.js';
import { Movie, playerOf } from '../ui/media.js';
import classes from './animation-grid.module.css';
import { useDelete } from './use-delete.js';

type Props = { readonly entries: readonly AnimationShape[]; readonly onOpen: (id: string) => void };

/** A grid of posters that play on hover and focus. The arrow keys move between them; Enter opens, Delete deletes. */
export function AnimationGrid({ entries, onOpen }: Props) {
  const grid = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState(0);
  const remove = useDelete();
  const focus = (index: number) => {
    const buttons = grid.current?.querySelectorAll('button') ?? [];
    const next = Math.min(Math.max(index, 0), buttons.length - 1);
    setCurrent(next);
    buttons[next]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const columns = grid.current ? getComputedStyle(grid.current).gridTemplateColumns.split(' ').length : 1;
    const moves: Record<string, number> = {
      ...{ ArrowLeft: current - 1, ArrowRight: current + 1, ArrowUp: current - columns, ArrowDown: current + columns },
      ...{ Home: 0, End: entries.length - 1 },
    };
    const next = moves[event.key];
    const entry = entries[current];
    if (event.key === 'Delete' && entry) remove(entry);
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  };
  return (
    <ul ref={grid} className={classes.grid} onKeyDown={onKeyDown} aria-label="Animations">
      {entries.map((entry, index) => (
        <li key={entry.id}>
          <Poster
            entry={entry}
            tabIndex={index === Math.min(current, entries.length - 1) ? 0 : -1}
            onOpen={() => onOpen(entry.id)}
            onFocus={() => setCurrent(index)}
          />
        </li>
      ))}
    </ul>
  );
}

type PosterProps = {
  readonly entry: AnimationShape;
  readonly tabIndex: number;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
};

function Poster({ entry, tabIndex, onOpen, onFocus }: PosterProps) {
  const [isPlaying, setPlaying] = useState(false);
  const name = entry.prompt || entry.name;
  return (
    <UnstyledButton
      className={classes.poster}
      tabIndex={tabIndex}
      onClick={onOpen}
      onPointerEnter={() => setPlaying(true)}
      onPointerLeave={() => setPlaying(false)}
      onFocus={() => {
        setPlaying(true);
        onFocus();
      }}
      onBlur={() => setPlaying(false)}
      aria-label={`${name}, ${entry.codec}, ${entry.duration} seconds`}
    >
      <img src={entry.posterUrl} alt="" loading="lazy" decoding="async" />
      {isPlaying && playerOf(entry.codec) !== undefined && (
        <div className={classes.movie}>
          <Movie {...entry} alt="" style={{ height: '100%', objectFit: 'cover' }} />
        </div>
      )}
      <Text size="xs" truncate className={classes.caption}>
        {name}
      </Text>
    </UnstyledButton>
  );
}
