import { useEffect, useEffectEvent } from 'react';

/** Whether a key belongs to the field that has the focus. */
export function isTyping({ target, key }: KeyboardEvent): boolean {
  // A chosen radio button needs no more than the arrow keys.
  if (target instanceof HTMLInputElement && target.type === 'radio') return key.startsWith('Arrow');
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Whether a menu, list or dialog is open, which has the keys then. */
export function isOverlayOpen(): boolean {
  const overlays = document.querySelectorAll('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]');
  return document.fullscreenElement !== null || [...overlays].some((each) => each.getClientRects().length > 0);
}

/** A key of the page, while no field has the focus and nothing is open. @param action undefined: it does nothing */
export function useKey(key: string, action: (() => void) | undefined): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (!action || event.key.toLowerCase() !== key || event.repeat || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || isOverlayOpen()) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
