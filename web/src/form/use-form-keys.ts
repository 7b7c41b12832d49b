import { type RefObject, useEffect, useEffectEvent } from 'react';

type Keys = {
  readonly form: RefObject<HTMLElement | null>;
  readonly onGenerate: () => void;
  /** undefined while nothing runs */
  readonly onInterrupt: (() => void) | undefined;
};

/** Ctrl+Enter within the form generates; Escape interrupts, unless it closes something. */
export function useFormKeys({ form, onGenerate, onInterrupt }: Keys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.isComposing || event.repeat) return;
    const isWithin = event.target instanceof Node && form.current?.contains(event.target);
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && isWithin) {
      event.preventDefault();
      event.stopPropagation();
      onGenerate();
    }
    if (event.key === 'Escape' && onInterrupt && !isSomethingOpen()) onInterrupt();
  });
  useEffect(() => {
    // Before the fields hear of it: Escape closes what is open, and it would seem that nothing was.
    const options = { capture: true };
    addEventListener('keydown', press, options);
    return () => removeEventListener('keydown', press, options);
  }, []);
}

function isSomethingOpen(): boolean {
  const floating = document.querySelectorAll('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]');
  return document.fullscreenElement !== null || [...floating].some((each) => each.getClientRects().length > 0);
}
