import { Menu, Tooltip } from '@mantine/core';
import { type RefObject, useEffect, useRef } from 'react';
import type { StepPicture } from '../run/previews.js';
import { FullScreenIcon, LoopIcon, PauseIcon, PlayIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import { FilmStrip } from './film-strip.js';
import { type Player, rates } from './player.js';
import classes from './stage.module.css';

type Props = {
  readonly player: Player;
  readonly steps: readonly StepPicture[];
  readonly frame: RefObject<HTMLElement | null>;
};

/** Play, the film strip, and what belongs to playing. */
export function Transport({ player, steps, frame }: Props) {
  const { isPlaying, toggle, film, index, position, onMove, repeats, toggleRepeat, medium } = player;
  const text = words().player;
  const step = steps[index]?.step ?? 0;
  const label = isPlaying ? text.pause : text.play;
  return (
    <>
      <button type="button" className={classes.play} aria-label={label} title={label} onClick={toggle}>
        {isPlaying ? <PauseIcon /> : <PlayIcon />}
      </button>
      <FilmStrip film={film} steps={steps} index={index} position={position} onMove={onMove} control={player} />
      <div className={classes.controls}>
        <div className={classes.now}>
          {text.stepN(step)} <span>{text.of(steps.at(-1)?.step ?? 0)}</span>
          <Seconds player={player} />
        </div>
        <Speed player={player} isDisabled={medium === 'image'} />
        <Tooltip label={`${text.repeat} (L)`}>
          <button
            type="button"
            className={classes.control}
            data-desktop
            aria-label={text.repeat}
            aria-pressed={repeats}
            onClick={toggleRepeat}
          >
            <LoopIcon />
          </button>
        </Tooltip>
        <Tooltip label={`${text.fullScreen} (F)`}>
          <button
            type="button"
            className={classes.control}
            data-desktop
            aria-label={text.fullScreen}
            onClick={() => toggleFullScreen(frame.current)}
          >
            <FullScreenIcon />
          </button>
        </Tooltip>
      </div>
    </>
  );
}

export function toggleFullScreen(element: HTMLElement | null): void {
  // Browsers that do not allow it leave the page as it is.
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
  else element?.requestFullscreen?.().catch(() => undefined);
}

/** The position in seconds. It is written without React, as it changes with each frame. */
function Seconds({ player: { position, onMove, film } }: Pick<Props, 'player'>) {
  const element = useRef<HTMLElement>(null);
  const text = words().player;
  useEffect(() => {
    const write = () => {
      if (element.current) element.current.textContent = text.time(position().toFixed(1), film.duration.toFixed(1));
    };
    write();
    return onMove(write);
  });
  return <small ref={element} />;
}

function Speed({ player, isDisabled }: Pick<Props, 'player'> & { readonly isDisabled: boolean }) {
  const text = words().player;
  return (
    <Menu position="top">
      <Menu.Target>
        <button
          type="button"
          className={classes.control}
          data-desktop
          disabled={isDisabled}
          aria-label={`${text.speed}: ${player.rate}×`}
          title={`${text.speed} ([ ])`}
        >
          {player.rate}×
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {rates.map((rate) => (
          <Menu.Item key={rate} onClick={() => player.setRate(rate)} aria-current={rate === player.rate || undefined}>
            {rate}×
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
