import { useEffect, useEffectEvent, useState } from 'react';
import classes from './drop-zone.module.css';

type Props = {
  /** shown while files are dragged over the page */
  readonly hint: string;
  readonly onFile: (file: File) => void;
};

/** Takes files that are dropped or pasted anywhere on the page, unless another handler has taken them. */
export function DropZone({ hint, onFile }: Props) {
  const isOver = useDroppedFiles(onFile);
  return (
    isOver && (
      <div className={classes.frame}>
        <div className={classes.hint}>{hint}</div>
      </div>
    )
  );
}

/** @returns whether files are being dragged over the page */
function useDroppedFiles(onFile: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false);
  const take = useEffectEvent((event: DragEvent | ClipboardEvent, files: FileList | undefined) => {
    const file = files?.[0];
    if (event.defaultPrevented || !file) return;
    event.preventDefault();
    onFile(file);
  });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
    addEventListener('dragenter', (event) => hasFiles(event) && setOver(true), { signal });
    addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault(), { signal });
    // Without a related target, the pointer leaves the page and not just an element.
    addEventListener('dragleave', ({ relatedTarget }) => relatedTarget === null && setOver(false), { signal });
    addEventListener('drop', () => setOver(false), { signal, capture: true });
    addEventListener('drop', (event) => take(event, event.dataTransfer?.files), { signal });
    addEventListener('paste', (event) => isTextPaste(event) || take(event, event.clipboardData?.files), { signal });
    return () => controller.abort();
  }, []);
  return isOver;
}

/** Word processors copy text together with an image of it: pasted into a field, it is text. */
export function isTextPaste({ clipboardData, target }: ClipboardEvent): boolean {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isField && clipboardData?.types.includes('text/plain') === true;
}
