import { type RefObject, useEffect, useEffectEvent } from 'react';
import { isOverlayOpen, isTyping } from '../ui/keys.js';
import type { Player } from './player.js';
import { toggleFullScreen } from './transport.js';

type Settings = {
  readonly player: Player;
  readonly frame: RefObject<HTMLElement | null>;
  readonly isActive: boolean;
};

/** The keys of the player, while no field has the focus. */
export function useStageKeys({ player, frame, isActive }: Settings): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (!isActive || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event) || isOverlayOpen()) return;
    // A focused button takes the space bar itself.
    if (event.key === ' ' && event.target instanceof Element && event.target.closest('button, a, [role=slider]')) {
      if (!event.target.closest('[role=slider]')) return;
    }
    const move = event.shiftKey ? 5 : 1;
    const actions = new Map<string, () => void>([
      [' ', player.toggle],
      ['arrowleft', () => player.moveBy(-move)],
      ['arrowright', () => player.moveBy(move)],
      ['home', () => player.moveBy(Number.NEGATIVE_INFINITY)],
      ['end', () => player.moveBy(Number.POSITIVE_INFINITY)],
      [',', () => player.frame(-1)],
      ['.', () => player.frame(1)],
      ['[', () => player.changeRate(-1)],
      [']', () => player.changeRate(1)],
      ['l', player.toggleRepeat],
      ['f', () => toggleFullScreen(frame.current)],
    ]);
    const action = actions.get(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
